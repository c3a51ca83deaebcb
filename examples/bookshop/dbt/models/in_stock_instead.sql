-- For each book that is sold out, the three nearest that are not.
select o.isbn as sold_out, s.rank, s.isbn, s.title, s.score
from
    {{ ref('stock') }} as o,
    rec.similar_books(o.isbn, k := 3, filter := isbn in (select isbn from {{ ref('stock') }} where on_hand > 0)) as s
where o.on_hand = 0

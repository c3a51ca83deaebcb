-- For each customer of the last month, three books that are in stock: the condition is asked before the ranking, so nobody
-- goes short.
with customers as (
    select distinct customer
    from {{ source('store', 'books_interactions') }}
    where
        kind = 'purchase'
        and sold_at > (select max(sold_at) - interval 30 day from {{ source('store', 'books_interactions') }})
)
select c.customer, r.rank, r.isbn, r.title, r.score, r.because, r.reason
from
    customers as c,
    rec.recommend_books(c.customer, k := 3, filter := isbn in (select isbn from {{ ref('stock') }} where on_hand > 0)) as r

-- For each customer, the movies nearest to what they liked, without what they liked.
with near as (
    select l.customer, s.movie_id, s.title, max(s.score) as score, arg_max(l.title, s.score) as because
    from {{ ref('liked') }} as l, rec.similar_movies(l.title, k := 20) as s
    group by all
)
select
    n.customer,
    row_number() over (partition by n.customer order by n.score desc, n.movie_id) as rank,
    n.movie_id,
    n.title,
    n.score,
    n.because
from near as n
anti join {{ ref('liked') }} as l on l.customer = n.customer and l.title = n.title
qualify rank <= 5

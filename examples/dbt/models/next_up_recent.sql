-- The same for recent movies alone: the filter is applied before the ranking, so nobody goes short.
select l.customer, l.title as because, s.rank, s.movie_id, s.title, m.genres, s.score
from {{ ref('liked') }} as l, rec.similar_movies(l.title, k := 3, filter := year >= 2000) as s
join {{ source('store', 'movies') }} as m on m.movie_id = s.movie_id

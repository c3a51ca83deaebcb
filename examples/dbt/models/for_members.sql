-- For customers who rated movies in the store, what follows on all that they rated.
select m.customer, r.rank, r.movie_id, r.title, r.score, r.because, r.reason
from {{ ref('members') }} as m, rec.recommend_movies(m.user_id, k := 5) as r

SELECT count(*) > count(DISTINCT (CAST(user_id AS HUGEINT) << 32) + movie_id) FROM ratings

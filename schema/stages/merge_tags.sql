CREATE TEMP TABLE new_tags AS
FROM added_tags AS a
ANTI JOIN tags AS t
    ON t.user_id = a.user_id AND t.movie_id = a.movie_id AND t.tag = a.tag AND t.tagged_at = a.tagged_at;
INSERT INTO tags BY NAME FROM new_tags;

-- A tag that the store has already, or that comes twice, is passed over.
CREATE TEMP TABLE new_tags AS
SELECT user_id, movie_id, tag, tagged_at
FROM (
    SELECT * FROM (SELECT *, rowid AS place FROM added_tags)
    QUALIFY row_number() OVER (PARTITION BY user_id, movie_id, tag, tagged_at ORDER BY place) = 1
) AS a
ANTI JOIN tags AS t
    ON t.user_id = a.user_id AND t.movie_id = a.movie_id AND t.tag = a.tag AND t.tagged_at = a.tagged_at
ORDER BY place;
INSERT INTO tags BY NAME FROM new_tags;

-- Added tags that the store has already.
INSERT INTO load_rejects BY NAME
SELECT $source AS source, 'the store has this tag already' AS reason,
    concat_ws(',', a.user_id, a.movie_id, a.tag, a.tagged_at) AS raw
FROM added_tags AS a
SEMI JOIN tags AS t
    ON t.user_id = a.user_id AND t.movie_id = a.movie_id AND t.tag = a.tag AND t.tagged_at = a.tagged_at;

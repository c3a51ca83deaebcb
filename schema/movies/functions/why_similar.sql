-- Why two movies are alike: the genres and tags that both have, how many people liked them (rated them 4 or more), and
-- how near they are in each space, with the place of the second among the nearest of the first.
CREATE MACRO $why_similar(movie_a, movie_b, store := NULL) AS TABLE
WITH
$comparing
_rs_sides AS (
    SELECT _rs_first AS _rs_of, _rs_first AS _rs_id, true AS _rs_is_first FROM _rs_pair
    UNION ALL
    SELECT _rs_first, _rs_second, false FROM _rs_pair
),
_rs_tagged AS (
    SELECT _rs_of, list(_rs_tag ORDER BY _rs_often DESC, _rs_tag ASC) AS _rs_tags
    FROM (
        SELECT _rs_s._rs_of, lower(trim(_rs_t.tag)) AS _rs_tag, count(*) AS _rs_often
        FROM _rs_sides AS _rs_s
        JOIN $tags AS _rs_t ON _rs_t.movie_id = _rs_s._rs_id
        GROUP BY _rs_s._rs_of, lower(trim(_rs_t.tag))
        HAVING bool_or(_rs_s._rs_is_first) AND NOT bool_and(_rs_s._rs_is_first)
    ) AS _rs_c
    GROUP BY _rs_of
),
_rs_liked AS (
    SELECT
        _rs_of, count(*) FILTER (_rs_likes_a) AS _rs_a, count(*) FILTER (_rs_likes_b) AS _rs_b,
        count(*) FILTER (_rs_likes_a AND _rs_likes_b) AS _rs_both
    FROM (
        SELECT
            _rs_s._rs_of, bool_or(_rs_s._rs_is_first) AS _rs_likes_a, NOT bool_and(_rs_s._rs_is_first) AS _rs_likes_b
        FROM _rs_sides AS _rs_s
        JOIN $ratings AS _rs_r ON _rs_r.movie_id = _rs_s._rs_id
        WHERE _rs_r.rating >= 4
        GROUP BY _rs_s._rs_of, _rs_r.user_id
    ) AS _rs_p
    GROUP BY _rs_of
)
SELECT
    _rs_a.movie_id AS movie_a,
    _rs_b.movie_id AS movie_b,
    _rs_a.title AS title_a,
    _rs_b.title AS title_b,
    list_filter(_rs_a.genres, lambda _rs_x: list_contains(_rs_b.genres, _rs_x)) AS shared_genres,
    coalesce(_rs_t._rs_tags, []) AS shared_tags,
    coalesce(_rs_l._rs_both, 0) AS liked_both,
    coalesce(_rs_l._rs_a, 0) AS liked_a,
    coalesce(_rs_l._rs_b, 0) AS liked_b,
    _rs_s._rs_scores AS scores,
    CASE WHEN _rs_q._rs_first <> _rs_q._rs_second THEN _rs_s._rs_ranks END AS ranks
FROM _rs_pair AS _rs_q
JOIN $movies AS _rs_a ON _rs_a.movie_id = _rs_q._rs_first
JOIN $movies AS _rs_b ON _rs_b.movie_id = _rs_q._rs_second
LEFT JOIN _rs_tagged AS _rs_t ON _rs_t._rs_of = _rs_q._rs_first
LEFT JOIN _rs_liked AS _rs_l ON _rs_l._rs_of = _rs_q._rs_first
LEFT JOIN _rs_spaces AS _rs_s ON _rs_s._rs_of = _rs_q._rs_first;

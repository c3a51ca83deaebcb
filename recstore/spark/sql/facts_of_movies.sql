,
_rs_tagged AS (
    SELECT _rs_q, transform(array_sort(collect_list(struct(-_rs_often AS _rs_less, _rs_tag))), _rs_x -> _rs_x._rs_tag) AS _rs_tags
    FROM (
        SELECT _rs_q, _rs_tag, count(*) AS _rs_often
        FROM (
            SELECT _rs_s._rs_q, _rs_s._rs_is_first, lower(trim(_rs_t.tag)) AS _rs_tag
            FROM (
                SELECT _rs_q, inline(array(named_struct('_rs_id', _rs_first, '_rs_is_first', true), named_struct('_rs_id', _rs_second, '_rs_is_first', false)))
                FROM _rs_pair
            ) AS _rs_s
            JOIN $tags AS _rs_t ON _rs_t.movie_id = _rs_s._rs_id
        )
        GROUP BY _rs_q, _rs_tag
        HAVING bool_or(_rs_is_first) AND NOT bool_and(_rs_is_first)
    )
    GROUP BY _rs_q
),
_rs_liked_by AS (
    SELECT _rs_q, count_if(_rs_likes_a) AS _rs_a, count_if(_rs_likes_b) AS _rs_b, count_if(_rs_likes_a AND _rs_likes_b) AS _rs_both
    FROM (
        SELECT _rs_s._rs_q, _rs_r.user_id, bool_or(_rs_s._rs_is_first) AS _rs_likes_a, bool_or(NOT _rs_s._rs_is_first) AS _rs_likes_b
        FROM (
            SELECT _rs_q, inline(array(named_struct('_rs_id', _rs_first, '_rs_is_first', true), named_struct('_rs_id', _rs_second, '_rs_is_first', false)))
            FROM _rs_pair
        ) AS _rs_s
        JOIN $ratings AS _rs_r ON _rs_r.movie_id = _rs_s._rs_id
        WHERE _rs_r.rating >= 4
        GROUP BY _rs_s._rs_q, _rs_r.user_id
    )
    GROUP BY _rs_q
)

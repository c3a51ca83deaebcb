-- Why two items are alike: by id or by name; how near they are in each space, with the place of the second among the
-- nearest of the first.
WITH
$asked
_rs_pair AS (
    SELECT _rs_q._rs_q, _rs_q._rs_first, _rs_q._rs_second, $facts_of_rows
    FROM (SELECT _rs_q, _rs_liked[0] AS _rs_first, _rs_disliked[0] AS _rs_second FROM _rs_asked) AS _rs_q
    JOIN $items AS _rs_a ON _rs_a.$key = _rs_q._rs_first
    JOIN $items AS _rs_b ON _rs_b.$key = _rs_q._rs_second
),
_rs_before AS (
    SELECT
        _rs_q, _rs_space, _rs_steps,
        count_if(_rs_id <> _rs_first AND (_rs_near > _rs_steps OR (_rs_near = _rs_steps AND _rs_id < _rs_second))) AS _rs_nearer
    FROM (
        SELECT
            _rs_p._rs_q, _rs_p._rs_first, _rs_p._rs_second, _rs_v.space AS _rs_space, _rs_o.$key AS _rs_id,
            $cosine_of_two AS _rs_steps, $cosine_of_other AS _rs_near
        FROM _rs_pair AS _rs_p
        JOIN $vectors AS _rs_v ON _rs_v.$key = _rs_p._rs_first
        JOIN $vectors AS _rs_w ON _rs_w.$key = _rs_p._rs_second AND _rs_w.space = _rs_v.space
        JOIN $vectors AS _rs_o ON _rs_o.space = _rs_v.space
    )
    GROUP BY _rs_q, _rs_space, _rs_steps
),
_rs_spaces AS (
    SELECT
        _rs_q,
        array_sort(collect_list(struct(_rs_space, CAST(_rs_steps / $score_divisor AS FLOAT) AS _rs_score))) AS _rs_scores,
        array_sort(collect_list(struct(_rs_space, _rs_nearer + 1 AS _rs_rank))) AS _rs_ranks
    FROM _rs_before
    GROUP BY _rs_q
)$facts,
_rs_all AS (
    -- One grouping rather than outer joins, which in Spark may not depend on the row of a join by LATERAL.
    SELECT
        _rs_q, max(_rs_row) AS _rs_row, max(_rs_scores) AS _rs_scores, max(_rs_ranks) AS _rs_ranks,
        max(_rs_list) AS _rs_list, max(_rs_a) AS _rs_a, max(_rs_b) AS _rs_b, max(_rs_both) AS _rs_both
    FROM (
        SELECT
            _rs_q, struct(_rs_first, _rs_second, _rs_id_a, _rs_id_b, _rs_title_a, _rs_title_b, _rs_shared) AS _rs_row,
            NULL AS _rs_scores, NULL AS _rs_ranks, $no_list AS _rs_list, CAST(NULL AS BIGINT) AS _rs_a,
            CAST(NULL AS BIGINT) AS _rs_b, CAST(NULL AS BIGINT) AS _rs_both
        FROM _rs_pair
        UNION ALL
        SELECT _rs_q, NULL, _rs_scores, _rs_ranks, NULL, NULL, NULL, NULL FROM _rs_spaces
$joined    )
    GROUP BY _rs_q
)
SELECT
    _rs_row._rs_id_a, _rs_row._rs_id_b, _rs_row._rs_title_a, _rs_row._rs_title_b, _rs_row._rs_shared, $shown,
    map_from_entries(_rs_scores), CASE WHEN _rs_row._rs_first <> _rs_row._rs_second THEN map_from_entries(_rs_ranks) END
FROM _rs_all
WHERE _rs_row IS NOT NULL

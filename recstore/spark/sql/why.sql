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
)$facts
SELECT
    $shown, map_from_entries(_rs_s._rs_scores),
    CASE WHEN _rs_p._rs_first <> _rs_p._rs_second THEN map_from_entries(_rs_s._rs_ranks) END
FROM _rs_pair AS _rs_p
LEFT JOIN _rs_spaces AS _rs_s ON _rs_s._rs_q = _rs_p._rs_q
$joined

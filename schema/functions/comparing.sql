-- Two items, by id or by name: _rs_pair, and in _rs_spaces how near they are in each space, with the place of the second
-- among the nearest of the first.
${compared}_rs_pair AS (
    SELECT _rs_a.$key AS _rs_first, _rs_b.$key AS _rs_second
    FROM _rs_identified AS _rs_i
    JOIN $items AS _rs_a ON _rs_a.$key = _rs_i._rs_first
    JOIN $items AS _rs_b ON _rs_b.$key = _rs_i._rs_second
),
_rs_cosines AS (
    SELECT
        _rs_q._rs_first AS _rs_of, _rs_q._rs_second AS _rs_to, _rs_v.space AS _rs_space,
        CAST(_rs_v.vector AS DOUBLE[]) AS _rs_asked,
        CAST(round(list_inner_product(CAST(_rs_v.vector AS DOUBLE[]), CAST(_rs_w.vector AS DOUBLE[])) * $score_steps)
            AS BIGINT) AS _rs_steps
    FROM _rs_pair AS _rs_q
    JOIN $vectors AS _rs_v ON _rs_v.$key = _rs_q._rs_first
    JOIN $vectors AS _rs_w ON _rs_w.$key = _rs_q._rs_second AND _rs_w.space = _rs_v.space
),
_rs_before AS (
    SELECT
        _rs_of, _rs_space, _rs_steps,
        count(*) FILTER (
            _rs_id <> _rs_of AND (_rs_near > _rs_steps OR (_rs_near = _rs_steps AND _rs_id < _rs_to))) AS _rs_nearer
    FROM (
        SELECT
            _rs_c._rs_of, _rs_c._rs_to, _rs_c._rs_space, _rs_c._rs_steps, _rs_o.$key AS _rs_id,
            round(list_inner_product(CAST(_rs_o.vector AS DOUBLE[]), _rs_c._rs_asked) * $score_steps) AS _rs_near
        FROM _rs_cosines AS _rs_c
        JOIN $vectors AS _rs_o ON _rs_o.space = _rs_c._rs_space
    ) AS _rs_m
    GROUP BY _rs_of, _rs_space, _rs_steps
),
_rs_spaces AS (
    SELECT
        _rs_of,
        map(list(_rs_space ORDER BY _rs_space ASC), list(CAST(_rs_steps / $score_divisor AS FLOAT) ORDER BY _rs_space ASC)) AS _rs_scores,
        map(list(_rs_space ORDER BY _rs_space ASC), list(_rs_nearer + 1 ORDER BY _rs_space ASC)) AS _rs_ranks
    FROM _rs_before
    GROUP BY _rs_of
),

    SELECT
        _rs_b.rank AS _rs_rank, _rs_b.neighbor_id AS _rs_id, _rs_b.space AS _rs_space, _rs_b.score AS _rs_score
    FROM (
        SELECT _rs_o._rs_k, _rs_o._rs_id, arg_min(_rs_v.space, $place_of_v) AS _rs_space
        FROM _rs_one AS _rs_o
        JOIN $vectors AS _rs_v ON _rs_v.$key = _rs_o._rs_id
        GROUP BY _rs_o._rs_of, _rs_o._rs_k$spaces_of_o, _rs_o._rs_id
    ) AS _rs_a
    JOIN $neighbors AS _rs_b
        ON _rs_b.$key = _rs_a._rs_id AND _rs_b.space = _rs_a._rs_space AND _rs_b.rank <= _rs_a._rs_k AND _rs_a.$near
    UNION ALL

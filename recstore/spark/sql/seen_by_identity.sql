    SELECT
        _rs_b._rs_q, max(_rs_b._rs_a) AS _rs_a, max(_rs_b._rs_apart) AS _rs_apart, max(_rs_b._rs_among) AS _rs_among,
        CASE WHEN sum(_rs_b._rs_amount) > 0 THEN _rs_b._rs_id END AS _rs_id, $valued AS _rs_rating, max(_rs_b._rs_moment) AS _rs_at
    FROM (
        SELECT
            _rs_q.*, _rs_i._rs_id, $time AS _rs_moment, $value AS _rs_value, $amount AS _rs_amount
        FROM _rs_asked AS _rs_q
        LEFT JOIN $history_table AS _rs_h ON CAST(_rs_h.$user AS STRING) = _rs_q._rs_a.user
        LEFT JOIN $answers AS _rs_i ON _rs_i._rs_identity = CAST(_rs_h.$history_item AS STRING)
        WHERE _rs_q._rs_a.user IS NOT NULL
    ) AS _rs_b
    GROUP BY _rs_b._rs_q, _rs_b._rs_id

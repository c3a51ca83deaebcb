    SELECT
        _rs_q._rs_q, _rs_q._rs_a, _rs_q._rs_apart, _rs_q._rs_among, _rs_h.$history_item AS _rs_id,
        _rs_h.$value AS _rs_rating, _rs_h.$time AS _rs_at
    FROM _rs_asked AS _rs_q
    LEFT JOIN $history_table AS _rs_h ON _rs_h.$user = _rs_q._rs_a.user
    WHERE _rs_q._rs_a.user IS NOT NULL

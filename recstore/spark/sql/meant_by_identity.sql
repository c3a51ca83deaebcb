    -- The id comes before any title: of several items of that title the preferred one alone has it as _rs_named.
    SELECT
        _rs_n._rs_q, _rs_n._rs_a, _rs_n._rs_place, _rs_n._rs_text.role AS _rs_role,
        coalesce(_rs_j._rs_id, _rs_i._rs_id) AS _rs_id
    FROM _rs_named AS _rs_n
    LEFT JOIN $answers AS _rs_j ON _rs_j._rs_identity = $as_identity
    LEFT JOIN $answers AS _rs_i ON _rs_i._rs_named = _rs_n._rs_text.text

    -- A name comes before an id: of several items of that name the preferred one alone has it as _rs_named.
    SELECT
        _rs_n._rs_q, _rs_n._rs_a, _rs_n._rs_place, _rs_n._rs_text.role AS _rs_role,
        coalesce(_rs_i._rs_id, CASE WHEN trim(_rs_n._rs_text.text) RLIKE $whole_number
            THEN try_cast(split_part(trim(_rs_n._rs_text.text), '.', 1) AS INT) END) AS _rs_id
    FROM _rs_named AS _rs_n
    LEFT JOIN $answers AS _rs_i ON _rs_i._rs_named = trim(_rs_n._rs_text.text)

    -- Of several items of that name the preferred one; what is no name is an id.
    SELECT
        _rs_of, _rs_k$and_spaces, _rs_is_one,
        coalesce(min({'preferred': _rs_i._rs_preferred, 'id': _rs_i._rs_found}).id,
            CASE WHEN regexp_matches(_rs_text, $whole_number) THEN TRY_CAST(_rs_text AS INTEGER) END) AS _rs_id
    FROM (SELECT * REPLACE (trim(_rs_text) AS _rs_text) FROM _rs_named) AS _rs_n
    LEFT JOIN (
        SELECT _rs_m.$name AS _rs_name, $sign _rs_m.$preference AS _rs_preferred, _rs_m.$key AS _rs_found
        -- Where a number is asked for, no name is read.
        FROM _rs_by_name, $items AS _rs_m
    ) AS _rs_i ON _rs_i._rs_name = _rs_n._rs_text
    GROUP BY _rs_of, _rs_k$and_spaces, _rs_is_one, _rs_text

    -- The id comes before any title; of several items of that title the preferred one.
    SELECT _rs_of, _rs_k$and_spaces$one_too, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, $sign _rs_i.$preference AS _rs_preferred, _rs_i.$key AS _rs_found
        FROM _rs_named AS _rs_c
        JOIN $items AS _rs_i ON $name_of_i = _rs_c._rs_text
        UNION ALL
        SELECT _rs_c.*, -9223372036854775807, _rs_i.$key
        FROM _rs_named AS _rs_c
        JOIN $items AS _rs_i ON _rs_i.$identity = $as_identity
    ) AS _rs_f
    GROUP BY _rs_of, _rs_k$and_spaces$one_too, _rs_text

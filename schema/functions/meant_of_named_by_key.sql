    -- Of several items of that name the preferred one; what is no name is an id.
    SELECT
        _rs_of, _rs_k$and_spaces$one_too,
        coalesce(min({'preferred': $sign _rs_i.$preference, 'id': _rs_i.$key}).id,
            CASE WHEN regexp_matches(_rs_text, $whole_number) THEN TRY_CAST(_rs_text AS INTEGER) END) AS _rs_id
    FROM (SELECT * REPLACE (trim(_rs_text) AS _rs_text) FROM _rs_named) AS _rs_n
    LEFT JOIN $items AS _rs_i ON _rs_i.$name = CASE WHEN NOT _rs_n._rs_is_number THEN _rs_n._rs_text END
    GROUP BY _rs_of, _rs_k$and_spaces$one_too, _rs_text

_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT $kept, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, $sign _rs_i.$preference AS _rs_preferred, _rs_i.$key AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN $items AS _rs_i ON $name_of_i = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), $whole_number)
    ) AS _rs_f
    GROUP BY $kept, _rs_role, _rs_text
),

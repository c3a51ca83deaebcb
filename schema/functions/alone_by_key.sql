_rs_one AS (
    -- Where a number is asked for, DuckDB leaves the names out of its plan. A list of one number is as that number.
    SELECT _rs_of, _rs_k$and_spaces, TRY_CAST(regexp_extract(_rs_of, $one_number, 1) AS INTEGER) AS _rs_id
    FROM $sound_args WHERE $is_number
    UNION ALL
    SELECT _rs_n._rs_of, _rs_n._rs_k$spaces_of_n, coalesce(min({'preferred': $sign _rs_i.$preference, 'id': _rs_i.$key}).id,
        CASE WHEN regexp_matches(_rs_n._rs_text, $whole_number) THEN TRY_CAST(_rs_n._rs_text AS INTEGER) END)
    FROM (
        SELECT *, trim(_rs_of) AS _rs_text FROM $sound_args WHERE NOT regexp_matches(typeof(_rs_given), $number_or_list)
    ) AS _rs_n
    LEFT JOIN $items AS _rs_i ON _rs_i.$name = _rs_n._rs_text
    GROUP BY _rs_n._rs_of, _rs_n._rs_k$spaces_of_n, _rs_n._rs_text
),

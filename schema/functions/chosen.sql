    SELECT
        _rs_of, count(*) FILTER (_rs_has_a) AS _rs_a, count(*) FILTER (_rs_has_b) AS _rs_b,
        count(*) FILTER (_rs_has_a AND _rs_has_b) AS _rs_both
    FROM (
        SELECT _rs_of, _rs_by, bool_or(_rs_is_first) AS _rs_has_a, NOT bool_and(_rs_is_first) AS _rs_has_b
        FROM (
            SELECT _rs_s._rs_of, _rs_s._rs_is_first, _rs_h._rs_by
            FROM (
                SELECT _rs_first AS _rs_of, _rs_first AS _rs_id, true AS _rs_is_first FROM _rs_pair
                UNION ALL
                SELECT _rs_first, _rs_second, false FROM _rs_pair
            ) AS _rs_s
            JOIN $items AS _rs_i ON _rs_i.$key = _rs_s._rs_id
            JOIN (
                SELECT $user AS _rs_by, $history_item AS _rs_item_of, $amount AS _rs_amount FROM $history_table AS _rs_h
            ) AS _rs_h ON _rs_h._rs_item_of = _rs_i.$identity
            GROUP BY _rs_s._rs_of, _rs_s._rs_is_first, _rs_h._rs_by
            HAVING sum(_rs_h._rs_amount) > 0
        ) AS _rs_p
        GROUP BY _rs_of, _rs_by
    ) AS _rs_u
    GROUP BY _rs_of

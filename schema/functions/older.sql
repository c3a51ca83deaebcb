    -- What is older than the latest $history of a history counts together, by a few directions: see $tastes.
    UNION ALL
    SELECT _rs_t.$key, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN $tastes AS _rs_g ON _rs_g.$key = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, $tastes AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL

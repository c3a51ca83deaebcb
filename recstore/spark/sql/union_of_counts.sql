        UNION ALL
        SELECT _rs_q, NULL, NULL, NULL, NULL, _rs_a, _rs_b, _rs_both FROM $counts

        UNION ALL
        SELECT _rs_q, NULL, NULL, NULL, $list, NULL, NULL, NULL FROM $table

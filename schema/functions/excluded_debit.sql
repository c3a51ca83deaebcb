    SELECT _rs_id, -1e9, NULL FROM _rs_meant
    UNION ALL

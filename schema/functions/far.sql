_rs_answers AS (
    SELECT _rs_space, max(_rs_key, _rs_k) AS _rs_keys
    FROM (
        SELECT
            _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_space,
            CASE WHEN NOT list_contains(_rs_a._rs_apart, _rs_c.$key) THEN
                CAST(round(avg(list_inner_product(CAST(_rs_c.vector AS DOUBLE[]), CAST(_rs_v.vector AS DOUBLE[]))) * $score_steps) AS BIGINT)
                * $key_span + ($key_largest_id - CAST(_rs_c.$key AS BIGINT))
            END AS _rs_key
        FROM (
            SELECT *, unnest(list_distinct(_rs_apart)) AS _rs_example FROM _rs_asked
            WHERE NOT (_rs_is_one AND $near)
        ) AS _rs_a
        JOIN $vectors AS _rs_v ON _rs_v.$key = _rs_a._rs_example AND _rs_v.space = _rs_a._rs_space
        JOIN $vectors AS _rs_c ON _rs_c.space = _rs_a._rs_space
        GROUP BY _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_space, _rs_a._rs_apart, _rs_c.$key
    ) AS _rs_s
    GROUP BY _rs_of, _rs_k, _rs_space
),

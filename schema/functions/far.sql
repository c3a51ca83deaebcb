_rs_answers AS (
    SELECT _rs_space, max(_rs_key, _rs_k) AS _rs_keys
    FROM (
        SELECT
            _rs_e._rs_of, _rs_e._rs_k, _rs_e._rs_space,
            CAST(round(avg(list_inner_product(CAST(_rs_c.vector AS DOUBLE[]), CAST(_rs_e._rs_vector AS DOUBLE[]))) * $score_steps) AS BIGINT)
                * $key_span + ($key_largest_id - CAST(_rs_c.$key AS BIGINT)) AS _rs_key
        FROM (
            SELECT
                _rs_n.*, _rs_v.space AS _rs_space, _rs_v.vector AS _rs_vector,
                $place_of_v = min($place_of_v) OVER (PARTITION BY _rs_n._rs_of, _rs_n._rs_k$spaces_of_n) AS _rs_is_asked
            FROM (SELECT DISTINCT * FROM _rs_meant$where_many) AS _rs_n
            JOIN $vectors AS _rs_v ON _rs_v.$key = _rs_n._rs_id
        ) AS _rs_e
        JOIN $vectors AS _rs_c ON _rs_c.space = _rs_e._rs_space
        WHERE _rs_e._rs_is_asked
        GROUP BY _rs_e._rs_of, _rs_e._rs_k$spaces_of_e, _rs_e._rs_space, _rs_c.$key
        HAVING NOT bool_or(_rs_c.$key = _rs_e._rs_id)
    ) AS _rs_s
    GROUP BY _rs_of, _rs_k, _rs_space
),

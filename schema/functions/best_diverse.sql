            SELECT
                list_transform(_rs_places, lambda _rs_x: _rs_keys[_rs_x]) AS _rs_best,
                list_transform(_rs_places, lambda _rs_x: _rs_causes[_rs_x].cause) AS _rs_causes
            FROM (
                SELECT *, $diverse AS _rs_places
                FROM (
                    -- Beside the greatest score, as a cosine is beside 1; what only fills up the list has none.
                    SELECT
                        *, list_transform(_rs_sums, lambda _rs_x:
                            $score_steps * CAST(_rs_x AS DOUBLE) / greatest(_rs_sums[1], 1)) AS _rs_relevance
                    FROM (
                        SELECT
                            _rs_p._rs_k, _rs_p._rs_said, list(_rs_p._rs_key ORDER BY _rs_p._rs_key DESC) AS _rs_keys,
                            list(CASE
                                WHEN _rs_p._rs_key >> 32 > 0 THEN _rs_p._rs_key >> 32
                                WHEN _rs_p._rs_key >> 32 >= -1000000000 THEN 0
                                ELSE (_rs_p._rs_key >> 32) + 2000000000
                            END ORDER BY _rs_p._rs_key DESC) AS _rs_sums,
                            list(_rs_p._rs_cause ORDER BY _rs_p._rs_key DESC) AS _rs_causes,
                            list(CAST(_rs_v.vector AS DOUBLE[]) ORDER BY _rs_p._rs_key DESC) AS _rs_vectors
                        FROM (
                            SELECT _rs_k, _rs_said, unnest(_rs_keys) AS _rs_key, unnest(_rs_causes) AS _rs_cause
                            FROM (
                                SELECT
                                    _rs_k, _rs_said, max(_rs_key, greatest(100, 5 * _rs_k)) AS _rs_keys,
                                    arg_max({'cause': _rs_cause}, _rs_key, greatest(100, 5 * _rs_k)) AS _rs_causes
                                FROM (SELECT $whole_k AS _rs_k, $said AS _rs_said) AS _rs_a, $best_keys
                                GROUP BY _rs_k, _rs_said
                            ) AS _rs_b
                        ) AS _rs_p
                        LEFT JOIN $vectors AS _rs_v
                            ON _rs_v.$key = CAST($key_largest_id - (_rs_p._rs_key & $key_mask) AS INTEGER)
                            AND _rs_v.space = $default_space
                        GROUP BY _rs_p._rs_k, _rs_p._rs_said
                    ) AS _rs_c
                ) AS _rs_d
            ) AS _rs_e

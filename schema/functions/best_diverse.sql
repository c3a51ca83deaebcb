            SELECT
                list_transform(_rs_places, lambda _rs_x: _rs_keys[_rs_x]) AS _rs_best,
                list_transform(_rs_places, lambda _rs_x: _rs_rows[_rs_x].cause) AS _rs_causes
            FROM (
                SELECT *, $diverse AS _rs_places
                FROM (
                    SELECT
                        *, list_transform(_rs_rows, lambda _rs_x: _rs_x.vector) AS _rs_vectors,
                        -- Beside the greatest score, as a cosine is beside 1; what only fills up the list has none.
                        list_transform(_rs_sums, lambda _rs_x: $score_steps * CAST(_rs_x AS DOUBLE) / greatest(_rs_sums[1], 1)) AS _rs_relevance
                    FROM (
                        SELECT *, list_transform(_rs_keys, lambda _rs_x: CASE
                            WHEN _rs_x >> 32 > 0 THEN _rs_x >> 32
                            WHEN _rs_x >> 32 >= -1000000000 THEN 0
                            ELSE (_rs_x >> 32) + 2000000000
                        END) AS _rs_sums
                        FROM (
                            SELECT
                                _rs_k, _rs_said, max(_rs_key, greatest(100, 5 * _rs_k)) AS _rs_keys,
                                arg_max({'cause': _rs_cause, 'vector': _rs_vector}, _rs_key, greatest(100, 5 * _rs_k)) AS _rs_rows
                            FROM (SELECT $whole_k AS _rs_k, $said AS _rs_said) AS _rs_a, $best_keys
                            GROUP BY _rs_k, _rs_said
                        ) AS _rs_b
                    ) AS _rs_c
                ) AS _rs_d
            ) AS _rs_e

(
                SELECT unnest(_rs_group_keys) AS _rs_key, unnest(_rs_rows).cause AS _rs_cause
                FROM (
                    SELECT
                        max(_rs_g._rs_key, $per_group_of) AS _rs_group_keys,
                        arg_max({'cause': _rs_g._rs_cause}, _rs_g._rs_key, $per_group_of) AS _rs_rows
                    FROM ${group_said}_rs_keys AS _rs_g
                    GROUP BY _rs_g._rs_group$by_said
                ) AS _rs_h
            ) AS _rs_b

(
                SELECT max(_rs_g._rs_key) AS _rs_key, arg_max(_rs_g._rs_cause, _rs_g._rs_key) AS _rs_cause
                FROM _rs_keys AS _rs_g GROUP BY _rs_g._rs_group
            ) AS _rs_b
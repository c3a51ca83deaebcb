            SELECT max(_rs_key, _rs_k) AS _rs_best, arg_max(_rs_cause, _rs_key, _rs_k) AS _rs_causes
            FROM (SELECT $whole_k AS _rs_k) AS _rs_a, $best_keys

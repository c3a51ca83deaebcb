        SELECT _rs_text, _rs_k, _rs_spaces, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_checked
        WHERE _rs_is_sound AND regexp_matches(_rs_text, $whole_number)

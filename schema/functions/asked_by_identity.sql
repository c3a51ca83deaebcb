        -- The id comes before any title.
        SELECT _rs_c._rs_text, _rs_c._rs_k, _rs_c._rs_spaces, -9223372036854775807, _rs_i.$key
        FROM _rs_checked AS _rs_c
        JOIN $items AS _rs_i ON _rs_i.$identity = CASE WHEN _rs_c._rs_is_sound THEN $as_identity END

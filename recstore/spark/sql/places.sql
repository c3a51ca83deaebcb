CASE WHEN $is_diverse THEN $diverse ELSE transform(_rs_pool, (_rs_x, _rs_i) -> _rs_i) END

CASE
    WHEN size(_rs_for) = 1 AND size(_rs_against) = 0 THEN _rs_for[0]
    ELSE transform(_rs_for[0], (_rs_z, _rs_d) ->
        aggregate(_rs_for, 0D, (_rs_t, _rs_x) -> _rs_t + _rs_x[_rs_d]) / size(_rs_for)
        - CASE
            WHEN size(_rs_against) = 0 THEN 0D
            ELSE 0.5D * aggregate(_rs_against, 0D, (_rs_t, _rs_x) -> _rs_t + _rs_x[_rs_d]) / size(_rs_against)
        END)
END

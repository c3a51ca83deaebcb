(CASE
    WHEN _rs_q._rs_a.boost IS NULL THEN 1D
    ELSE coalesce(try_element_at(filter(_rs_q._rs_a.boost, _rs_b -> _rs_b.id = _rs_c._rs_identity), 1).times, 1D)
END * (1D + _rs_q._rs_a.popular * _rs_c._rs_share))

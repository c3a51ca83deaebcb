-- Of several examples the mean, less half the mean of those against: its product with a unit vector is the mean of
-- the cosines with the ones, less half the mean of the cosines with the others.
CASE
    WHEN len(_rs_for) = 1 AND len(_rs_against) = 0 THEN _rs_for[1]
    ELSE list_transform(range(1, len(_rs_for[1]) + 1), lambda _rs_d:
        list_avg(list_transform(_rs_for, lambda _rs_x: _rs_x[_rs_d]))
        - coalesce(0.5e0 * list_avg(list_transform(_rs_against, lambda _rs_x: _rs_x[_rs_d])), 0e0))
END

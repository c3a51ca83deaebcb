aggregate(zip_with($one, $other, (_rs_x, _rs_y) -> _rs_x * _rs_y), 0D, (_rs_t, _rs_x) -> _rs_t + _rs_x)

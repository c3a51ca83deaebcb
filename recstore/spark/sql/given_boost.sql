transform($given, _rs_b -> named_struct('id', _rs_b.id, 'times', CASE
    WHEN abs(_rs_b.times) <= 1000 OR _rs_b.times IS NULL THEN coalesce(_rs_b.times, 1D)
    ELSE CAST(raise_error(concat('$function: boost must be a number from -1000 to 1000, not ', string(_rs_b.times))) AS DOUBLE)
END))

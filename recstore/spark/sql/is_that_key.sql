(trim($text) RLIKE $whole_number AND _rs_i._rs_id = try_cast(split_part(trim($text), '.', 1) AS INT))

SELECT CAST(_rs_r._rs_rank AS SMALLINT), $columns, _rs_r._rs_space, _rs_r._rs_score
FROM _rs_ranked AS _rs_r
JOIN $answers AS _rs_item ON _rs_item._rs_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank

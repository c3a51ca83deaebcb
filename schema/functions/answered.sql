    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST($key_largest_id - (_rs_t._rs_key & $key_mask) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / $score_divisor AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM ${if_far}_rs_answers
    ) AS _rs_t

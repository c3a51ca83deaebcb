    SELECT _rs_b.$key AS _rs_id, _rs_b.$value AS _rs_rating, _rs_b.$time AS _rs_at
    FROM (
        SELECT CASE
            WHEN TRY_CAST(CAST($user AS VARCHAR) AS DOUBLE) = TRY_CAST(CAST($user AS VARCHAR) AS BIGINT)
            THEN TRY_CAST(CAST($user AS VARCHAR) AS BIGINT)
            WHEN $user IS NOT NULL
            THEN CAST(error('$function: $user must be a whole number, not ' || CAST($user AS VARCHAR)) AS BIGINT)
        END AS _rs_user
    ) AS _rs_a
    JOIN $history_table AS _rs_b ON _rs_b.$user = _rs_a._rs_user

-- What a person in the ratings wants next.
--
-- The history is read when the question is asked: a rating counts as soon as it is there. Ratings of one moment are
-- equally far back. Somebody without ratings is given the most popular; nobody (NULL) is given nothing.
CREATE MACRO $recommend(user_id, k := 10, filter := NULL, store := NULL) AS TABLE
WITH
_rs_args AS (
    SELECT
        CASE
            WHEN user_id IS NULL THEN NULL
            WHEN TRY_CAST(CAST(user_id AS VARCHAR) AS DOUBLE) = TRY_CAST(CAST(user_id AS VARCHAR) AS BIGINT)
            THEN TRY_CAST(CAST(user_id AS VARCHAR) AS BIGINT)
            ELSE CAST(error('$function: user_id must be a whole number, not ' || CAST(user_id AS VARCHAR)) AS BIGINT)
        END AS _rs_user,
        CASE
            WHEN k BETWEEN 1 AND 32767 AND k = CAST(k AS BIGINT) THEN CAST(k AS BIGINT)
            ELSE CAST(error('$function: k must be a whole number from 1 to 32767, not '
                || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
        END AS _rs_k
),
_rs_history AS (
    SELECT
        _rs_k, _rs_seen,
        CASE WHEN _rs_later < $history THEN _rs_counts * _rs_back ** (-$taste_power) ELSE 0 END AS _rs_taste,
        CASE WHEN _rs_later < $history THEN _rs_counts * $next_decay ** _rs_back ELSE 0 END AS _rs_next
    FROM (
        SELECT
            *, _rs_later + (_rs_together + 1) / 2 AS _rs_back
        FROM (
            SELECT
                _rs_a._rs_k, _rs_b.$key AS _rs_seen,
                CASE WHEN _rs_b.rating < $low_rating THEN $low_share ELSE 1.0 END AS _rs_counts,
                rank() OVER (ORDER BY _rs_b.rated_at DESC) - 1 AS _rs_later,
                count(*) OVER (PARTITION BY _rs_b.rated_at) AS _rs_together
            FROM _rs_args AS _rs_a
            JOIN $ratings AS _rs_b ON _rs_b.user_id = _rs_a._rs_user
        ) AS _rs_r
    ) AS _rs_h
),
_rs_questions AS (
    SELECT _rs_a._rs_k, count(_rs_h._rs_seen) AS _rs_length
    FROM _rs_args AS _rs_a
    LEFT JOIN _rs_history AS _rs_h ON _rs_h._rs_k = _rs_a._rs_k
    WHERE _rs_a._rs_user IS NOT NULL
    GROUP BY _rs_a._rs_k
),
$recommending

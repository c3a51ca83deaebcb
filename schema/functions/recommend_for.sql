-- What follows on a list of items, oldest first: for anybody, from any table, with no ratings and no training.
--
-- Each is an id or a name; what is not there is passed over, and of repeated ones the last counts. What is disliked is
-- not recommended either, and counts against what goes with it. An empty list, or NULL as list() of no rows gives it,
-- is somebody who has seen nothing yet.
CREATE MACRO $recommend_for(liked, k := 10, disliked := [], filter := NULL, store := NULL) AS TABLE
WITH
_rs_given AS (
    SELECT
        liked AS _rs_liked, disliked AS _rs_disliked,
        CASE
            WHEN k BETWEEN 1 AND 32767 AND k = CAST(k AS BIGINT) THEN CAST(k AS BIGINT)
            ELSE CAST(error('$function: k must be a whole number from 1 to 32767, not '
                || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
        END AS _rs_k
),
_rs_args AS (
    SELECT
        _rs_k,
        CASE
            WHEN typeof(_rs_liked) NOT LIKE '%]' AND _rs_liked IS NOT NULL
            THEN CAST(error('$function: liked must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
            WHEN typeof(_rs_disliked) NOT LIKE '%]' AND _rs_disliked IS NOT NULL
            THEN CAST(error('$function: disliked must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
            ELSE coalesce(TRY_CAST(_rs_liked AS VARCHAR[]), CAST([] AS VARCHAR[]))
        END AS _rs_liked,
        coalesce(TRY_CAST(_rs_disliked AS VARCHAR[]), CAST([] AS VARCHAR[])) AS _rs_disliked,
        regexp_matches(typeof(_rs_liked), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_are_ids,
        regexp_matches(typeof(_rs_disliked), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_are_ids_too
    FROM _rs_given
),
_rs_entries AS (
    SELECT
        _rs_k, 1 AS _rs_counts, _rs_are_ids AS _rs_is_id,
        trim(unnest(_rs_liked)) AS _rs_text, unnest(range(1, len(_rs_liked) + 1)) AS _rs_place
    FROM _rs_args
    UNION ALL
    SELECT
        _rs_k, -1, _rs_are_ids_too,
        trim(unnest(_rs_disliked)), unnest(range(1, len(_rs_disliked) + 1))
    FROM _rs_args
),
_rs_named AS (
    SELECT
        _rs_e._rs_k, _rs_e._rs_counts, _rs_e._rs_text, _rs_e._rs_place,
        first(_rs_i.$key ORDER BY _rs_i.$preferred, _rs_i.$key) AS _rs_named_id
    FROM _rs_entries AS _rs_e
    LEFT JOIN $items AS _rs_i ON _rs_i.$name = CASE WHEN NOT _rs_e._rs_is_id THEN _rs_e._rs_text END
    GROUP BY _rs_e._rs_k, _rs_e._rs_counts, _rs_e._rs_text, _rs_e._rs_place
),
_rs_placed AS (
    SELECT _rs_k, _rs_counts, _rs_seen, max(_rs_place) AS _rs_place
    FROM (
        SELECT
            *,
            coalesce(_rs_named_id, CASE
                WHEN _rs_text[1] IN ('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9')
                    AND TRY_CAST(_rs_text AS DOUBLE) = TRY_CAST(_rs_text AS INTEGER)
                THEN TRY_CAST(_rs_text AS INTEGER)
            END) AS _rs_seen
        FROM _rs_named
    ) AS _rs_n
    WHERE _rs_seen IS NOT NULL
    GROUP BY _rs_k, _rs_counts, _rs_seen
),
_rs_history AS (
    SELECT
        _rs_k, _rs_seen,
        CASE WHEN _rs_back <= $history THEN _rs_counts * _rs_back ** (-$taste_power) ELSE 0 END AS _rs_taste,
        CASE WHEN _rs_back <= $history AND _rs_counts > 0 THEN $next_decay ** _rs_back ELSE 0 END AS _rs_next
    FROM (
        SELECT *, row_number() OVER (PARTITION BY _rs_counts ORDER BY _rs_place DESC) AS _rs_back FROM _rs_placed
    ) AS _rs_h
),
_rs_questions AS (
    SELECT _rs_a._rs_k, len(_rs_a._rs_liked) + len(_rs_a._rs_disliked) AS _rs_length
    FROM _rs_args AS _rs_a
),
$recommending

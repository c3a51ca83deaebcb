-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k$and_said_of_q$group_too$vector_too,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST($score AS BIGINT) * $key_span + ($key_largest_id - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM $vectors AS _rs_v
        JOIN (
$candidates
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.$key
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
${of_groups}_rs_best AS (
    SELECT _rs_space, _rs_k$and_said, max(_rs_key, $pool) AS _rs_keys$vectors_too
    FROM $all_scored
    GROUP BY _rs_space, _rs_number, _rs_k$and_said
),
_rs_answers AS (
    SELECT _rs_space, $chosen_keys AS _rs_keys FROM $from_best
),

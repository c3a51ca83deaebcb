-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best k as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. The item itself, if one was asked about,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument. Of each group of items the best alone.
_rs_answers AS (
    SELECT _rs_b._rs_space, max(_rs_b._rs_key, _rs_b._rs_k) AS _rs_keys
    FROM (
        SELECT _rs_q._rs_space, _rs_q._rs_k, _rs_q._rs_number, _rs_c._rs_group, max(
            CASE WHEN _rs_c._rs_id <> coalesce(_rs_q._rs_itself, -2147483648) THEN
                CAST(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * $score_steps) AS BIGINT) * $key_span
                + ($key_largest_id - CAST(_rs_c._rs_id AS BIGINT))
            END) AS _rs_key
        FROM _rs_questions AS _rs_q
        JOIN (
            SELECT
                _rs_v.space AS _rs_space, _rs_v.$key AS _rs_id, _rs_w._rs_group, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector
            FROM $vectors AS _rs_v
            JOIN (
                SELECT $key AS _rs_item, $group AS _rs_group FROM $items WHERE $passes
            ) AS _rs_w ON _rs_w._rs_item = _rs_v.$key
        ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
        GROUP BY _rs_q._rs_space, _rs_q._rs_k, _rs_q._rs_number, _rs_c._rs_group
    ) AS _rs_b
    GROUP BY _rs_b._rs_space, _rs_b._rs_k, _rs_b._rs_number
),

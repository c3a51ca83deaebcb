-- Asks the index of each question's space, in Python, for the keys that ranking.sql finds by a scan. In view databases only.
--
-- Which items pass the filter goes along as one bit for each; without a filter DuckDB drops that when it plans. What is
-- asked about is taken out of what is found.
_rs_answers AS (
    SELECT
        _rs_q._rs_space,
        list_slice(list_filter(
            $ask($build, $catalog, _rs_q._rs_space, _rs_q._rs_k + len(_rs_q._rs_apart), _rs_q._rs_vector, _rs_w._rs_among),
            lambda _rs_x: NOT list_contains(_rs_q._rs_apart, CAST($key_largest_id - (_rs_x & $key_mask) AS INTEGER))
        ), 1, _rs_q._rs_k) AS _rs_keys
    FROM _rs_questions AS _rs_q, (
        SELECT $among($build, $catalog, CASE
            WHEN count(*) > 0 THEN coalesce(list(_rs_i._rs_item) FILTER (WHERE _rs_i._rs_passes), [])
        END) AS _rs_among
        FROM (
            SELECT $key AS _rs_item, $passes_too AS _rs_passes
            FROM $items WHERE $is_limited
        ) AS _rs_i
    ) AS _rs_w
),

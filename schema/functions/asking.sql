-- Asks the index of each question's space, in Python, for the keys that ranking.sql finds by a scan. In view databases only.
--
-- Which items pass the filter goes along as one bit for each; without a filter DuckDB drops that when it plans.
_rs_answers AS (
    SELECT
        _rs_q._rs_space,
        $ask($build, $catalog, _rs_q._rs_space, _rs_q._rs_k, _rs_q._rs_itself, _rs_q._rs_vector, _rs_w._rs_among)
            AS _rs_keys
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

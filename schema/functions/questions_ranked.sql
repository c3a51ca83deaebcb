_rs_named AS (
    SELECT *, 0 AS _rs_role, unnest(_rs_excluded) AS _rs_text FROM _rs_asked
),
$meant
_rs_questions AS (
    SELECT
        _rs_vector AS _rs_number, _rs_k, _rs_space, _rs_said, _rs_vector,
        coalesce(list(_rs_id) FILTER (_rs_id IS NOT NULL), []) AS _rs_apart
    FROM (
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, NULL AS _rs_id FROM _rs_asked WHERE _rs_vector IS NOT NULL
        UNION ALL
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_id FROM _rs_meant WHERE _rs_vector IS NOT NULL
    ) AS _rs_q
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector
),

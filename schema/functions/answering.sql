-- Answers each row of _rs_asked: the items nearest to _rs_vector, of unit length, in _rs_space; where it is NULL, none.
_rs_questions AS (
    SELECT
        _rs_k, _rs_space, CAST(NULL AS INTEGER) AS _rs_itself, row_number() OVER () AS _rs_number, _rs_vector
    FROM _rs_asked
    WHERE _rs_vector IS NOT NULL
),
$ranking
_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST($key_largest_id - (_rs_t._rs_key & $key_mask) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / $score_divisor AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t
    UNION ALL
    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_asked WHERE len(_rs_vector) = 0 OR _rs_k IS NULL
)
SELECT _rs_r._rs_rank AS rank, $columns, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN $items AS _rs_item ON _rs_item.$key = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC;

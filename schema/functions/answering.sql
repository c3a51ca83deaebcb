-- Answers each row of _rs_asked: the items nearest to _rs_vector, of unit length, in _rs_space; where it is NULL, none.
$questions
$ranking
_rs_ranked AS (
$answered
    UNION ALL
    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_asked
    WHERE len(_rs_vector) = 0 OR _rs_k IS NULL$or_said_is_wrong
)
SELECT _rs_r._rs_rank AS rank, $columns, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN $items AS _rs_item ON _rs_item.$key = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC

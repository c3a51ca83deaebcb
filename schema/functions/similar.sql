-- The items most like one item, or several: the stored neighbours where they are enough, else an exact ranking.
--
-- Every argument is bound in a SELECT without FROM, and every name that the body makes begins with _rs_, so that the
-- caller's own names are never captured; it stands first in its FROM, since what stands before it would be in scope.
-- Whether the stored neighbours may not be enough is decided by a condition that DuckDB folds when it plans. It stands
-- where the answers of the exact ranking are read, so that nothing below is planned or scanned where it is false.
WITH
_rs_args AS (
    SELECT CAST(_rs_given AS VARCHAR) AS _rs_of, $asked_items AS _rs_texts, _rs_k, _rs_spaces
    FROM (SELECT $item AS _rs_given, $whole_k AS _rs_k, $given_spaces AS _rs_spaces) AS _rs_i
),
${checked_spaces}_rs_named AS (
    SELECT _rs_of, _rs_k$and_spaces, len(_rs_texts) = 1 AS _rs_is_one, unnest(_rs_texts) AS _rs_text FROM $sound_args
),
${by_name}_rs_meant AS (
$meant_of_named),
_rs_asked AS (
    SELECT
        _rs_n._rs_of, _rs_n._rs_k, _rs_n._rs_is_one, min(_rs_n._rs_id) AS _rs_id, list(_rs_n._rs_id) FILTER (WHERE NOT (_rs_n._rs_is_one AND $near)) AS _rs_apart,
        arg_min(_rs_v.space, list_position($spaces_of_n, _rs_v.space)) AS _rs_space
    FROM _rs_meant AS _rs_n
    JOIN $vectors AS _rs_v ON _rs_v.$key = _rs_n._rs_id AND list_contains($spaces_of_n, _rs_v.space)
    GROUP BY _rs_n._rs_of, _rs_n._rs_k, _rs_n._rs_is_one
),
$far
_rs_ranked AS (
    SELECT
        _rs_b.rank AS _rs_rank, _rs_b.neighbor_id AS _rs_id, _rs_b.space AS _rs_space, _rs_b.score AS _rs_score
    FROM (
        SELECT _rs_id, _rs_k, _rs_space
        FROM _rs_asked
        WHERE _rs_is_one AND $near
    ) AS _rs_a
    JOIN $neighbors AS _rs_b
        ON _rs_b.$key = _rs_a._rs_id AND _rs_b.space = _rs_a._rs_space AND _rs_b.rank <= _rs_a._rs_k
    UNION ALL
$answered
$if_wrong)
SELECT _rs_r._rs_rank AS rank, $columns, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN $items AS _rs_item ON _rs_item.$key = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC

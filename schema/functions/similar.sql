-- The items most like one item, or several: the stored neighbours where they are enough, else an exact ranking.
--
-- Every argument is bound in a SELECT without FROM, and every name that the body makes begins with _rs_, so that the
-- caller's own names are never captured; it stands first in its FROM, since what stands before it would be in scope.
-- Whether the stored neighbours may not be enough is decided by a condition that DuckDB folds when it plans. It stands
-- where the answers of the exact ranking are read, so that nothing below is planned or scanned where it is false. Where
-- it depends on the rows of a join, no question goes there for which it does not hold.
WITH
_rs_args AS (
    SELECT _rs_given, CAST(_rs_given AS VARCHAR) AS _rs_of, _rs_k$and_spaces
    FROM (SELECT $item AS _rs_given, $whole_k AS _rs_k$given_spaces_too) AS _rs_g
),
${checked_spaces}${alone_first}_rs_named AS (
    SELECT _rs_of, _rs_k$and_spaces$is_one, $is_number AS _rs_is_number, unnest($asked_items) AS _rs_text
    FROM $sound_args$where_far
),
_rs_meant AS (
$meant_of_named),
${alone}$far
_rs_ranked AS (
${near}$answered
$if_wrong)
SELECT _rs_r._rs_rank AS rank, $columns, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN $items AS _rs_item ON _rs_item.$key = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC

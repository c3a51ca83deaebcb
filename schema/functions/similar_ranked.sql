-- The items most like one item, or several, with what similar.sql does not know: every candidate is ranked.
WITH
_rs_args AS (
    SELECT $asked_items AS _rs_of, $is_number AS _rs_is_number, * EXCLUDE _rs_given
    FROM (
        SELECT $item AS _rs_given, $whole_k AS _rs_k, $given_spaces AS _rs_spaces, $said AS _rs_said$lists_given
    ) AS _rs_i
),
${checked_spaces}_rs_named AS (
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_is_number, 1 AS _rs_role, unnest(_rs_of) AS _rs_text FROM $sound_args
$lists_named),
$meant
_rs_asked AS (
    SELECT
        _rs_of, _rs_k, _rs_spaces, _rs_said, list(DISTINCT _rs_id) AS _rs_apart,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = 1), []) AS _rs_liked,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = -1), []) AS _rs_disliked
    FROM _rs_meant
    WHERE _rs_id IS NOT NULL
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said
),
_rs_sides AS (
    SELECT
        _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart,
        arg_min(_rs_v.space, list_position(_rs_a._rs_spaces, _rs_v.space)) FILTER (_rs_a._rs_is_liked) AS _rs_space,
        list({'space': _rs_v.space, 'is_liked': _rs_a._rs_is_liked, 'vector': CAST(_rs_v.vector AS DOUBLE[])}
            ORDER BY _rs_a._rs_id ASC) AS _rs_sides
    FROM (
        SELECT
            *, unnest(list_concat(_rs_liked, _rs_disliked)) AS _rs_id,
            unnest(range(1, len(_rs_liked) + len(_rs_disliked) + 1)) <= len(_rs_liked) AS _rs_is_liked
        FROM _rs_asked
    ) AS _rs_a
    JOIN $vectors AS _rs_v ON _rs_v.$key = _rs_a._rs_id AND list_contains(_rs_a._rs_spaces, _rs_v.space)
    GROUP BY _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart
),
_rs_questions AS (
    SELECT _rs_of AS _rs_number, _rs_k, _rs_said, _rs_space, _rs_apart, $mean AS _rs_vector
    FROM (
        SELECT
            *, list_transform(list_filter(_rs_sides, lambda _rs_x: _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_for,
            list_transform(list_filter(_rs_sides, lambda _rs_x: NOT _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_against
        FROM _rs_sides
        WHERE _rs_space IS NOT NULL
    ) AS _rs_s
),
$ranking
_rs_ranked AS (
$answered
    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM $sound_args
    WHERE _rs_k IS NULL OR len(_rs_spaces) = 0 OR _rs_said IS NULL$a_list_is_wrong
)
SELECT _rs_r._rs_rank AS rank, $columns, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN $items AS _rs_item ON _rs_item.$key = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC

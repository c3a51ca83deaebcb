-- The items most like one item: the stored neighbours where they are enough, else an exact ranking.
--
-- Every argument but the filter is bound in a SELECT without FROM, and every name that the body makes begins with
-- _rs_, so that the caller's own names are never captured. The filter is pasted where only the item's own
-- columns are in scope. Whether there is a filter, and whether k reaches beyond the stored neighbours, is
-- decided by conditions that DuckDB folds when it plans: the branch that is not needed costs nothing.
CREATE MACRO $similar($item, k := 10, space := $default_spaces, filter := NULL, store := NULL) AS TABLE
WITH
_rs_args AS (
    SELECT
        $asked_item AS _rs_text,
        regexp_matches(typeof($item), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number,
        $whole_k AS _rs_k,
        -- Through text, because every branch binds: a list of spaces, and the name of one.
        CASE
            WHEN typeof(space) LIKE '%]' THEN CAST(CAST(space AS VARCHAR) AS VARCHAR[])
            ELSE [CAST(space AS VARCHAR)]
        END AS _rs_spaces
),
_rs_checked AS (
    SELECT
        *,
        CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN _rs_spaces = $default_spaces THEN true
            WHEN len(_rs_spaces) > 0
                AND len(list_filter(_rs_spaces, lambda _rs_s: list_contains(_rs_known, _rs_s))) = len(_rs_spaces)
            THEN true
            ELSE CAST(error('$function: there is no space '
                || coalesce(nullif(array_to_string(list_transform(
                    list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)),
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS BOOLEAN)
        END AS _rs_is_sound
    FROM _rs_args, (
        SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
        FROM $spaces AS _rs_s WHERE _rs_s.catalog = $catalog
    ) AS _rs_spaces_of_catalog
),
_rs_identified AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_k, _rs_spaces, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT
            _rs_c._rs_text, _rs_c._rs_k, _rs_c._rs_spaces, $sign _rs_i.$preference AS _rs_preferred,
            _rs_i.$key AS _rs_found
        FROM _rs_checked AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN $items AS _rs_i
            ON $name_of_i = CASE WHEN _rs_c._rs_is_sound AND NOT _rs_c._rs_is_number THEN _rs_c._rs_text END
        UNION ALL
$asked_for    ) AS _rs_f
    GROUP BY _rs_text, _rs_k, _rs_spaces
),
_rs_asked AS (
    SELECT
        _rs_n._rs_k, _rs_n._rs_id,
        arg_min(_rs_v.space, list_position(_rs_n._rs_spaces, _rs_v.space)) AS _rs_space
    FROM _rs_identified AS _rs_n
    JOIN $vectors AS _rs_v
        ON _rs_v.$key = _rs_n._rs_id AND list_contains(_rs_n._rs_spaces, _rs_v.space)
    GROUP BY _rs_n._rs_k, _rs_n._rs_id
),
_rs_questions AS (
    SELECT
        _rs_a._rs_k, _rs_a._rs_space, _rs_a._rs_id AS _rs_itself, _rs_a._rs_id AS _rs_number,
        CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector
    FROM _rs_asked AS _rs_a
    JOIN $vectors AS _rs_v ON _rs_v.$key = _rs_a._rs_id AND _rs_v.space = _rs_a._rs_space,
    (
        SELECT 1 AS _rs_one WHERE TRY_CAST(k AS DOUBLE) > $depth
        UNION
        $beyond
    ) AS _rs_beyond
),
$ranking
_rs_ranked AS (
    SELECT
        _rs_b.rank AS _rs_rank, _rs_b.neighbor_id AS _rs_id, _rs_a._rs_space, _rs_b.score AS _rs_score
    FROM (
        SELECT _rs_asked.* FROM _rs_asked, (SELECT 1 AS _rs_one WHERE $near) AS _rs_near
    ) AS _rs_a
    JOIN $neighbors AS _rs_b
        ON _rs_b.$key = _rs_a._rs_id AND _rs_b.space = _rs_a._rs_space AND _rs_b.rank <= _rs_a._rs_k
    JOIN (
        SELECT $key AS _rs_item FROM $items WHERE typeof(filter) = '"NULL"'
    ) AS _rs_w ON _rs_w._rs_item = _rs_b.neighbor_id
    UNION ALL
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT),
        CAST($key_largest_id - (_rs_t._rs_key & $key_mask) AS INTEGER),
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / $score_divisor AS FLOAT)
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t
    UNION ALL
    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branches.
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_checked WHERE NOT _rs_is_sound OR _rs_k IS NULL
)
SELECT _rs_r._rs_rank AS rank, $columns, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN $items AS _rs_item ON _rs_item.$key = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC;

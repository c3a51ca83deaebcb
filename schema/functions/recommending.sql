-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
$candidates
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN $weights AS _rs_x ON _rs_x.$key = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
$older    UNION ALL
$debit${excluded_debit}    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, $popularity_of_item AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON $is_among_popular
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * $score_steps) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * $key_span + ($key_largest_id - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause$group_kept
    FROM (
        SELECT
            _rs_s._rs_id, $weighed_sum AS _rs_sum, _rs_s._rs_cause, $popularity_of_item AS _rs_popularity$group_of_c
        FROM ${said_first}_rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST($key_largest_id - (_rs_key & $key_mask) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
$best
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, $columns, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / $score_divisor
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / $score_divisor
    END AS FLOAT) AS score,
    $because AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often $verb soon after it'
        ELSE '$verb by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN $items AS _rs_item ON _rs_item.$key = _rs_f._rs_id
LEFT JOIN $items AS _rs_because
    ON _rs_because.$key = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC

-- Adds up per item what the history points to, and 0 for the most popular, so many of them that k rows are always found.
-- What contributed most goes along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it
-- is the smaller.
_rs_sums AS (
    SELECT
        _rs_q, _rs_id, CAST($rounded_sum AS BIGINT) AS _rs_sum, max_by(_rs_cause, _rs_amount - 1e-14D * _rs_cause) AS _rs_cause
    FROM (
        SELECT
            _rs_q, _rs_id, _rs_a + _rs_b AS _rs_amount,
            _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
        FROM (
            SELECT
                _rs_s._rs_q, _rs_x.neighbor_id AS _rs_id, _rs_x.is_content, CAST(_rs_s.id AS BIGINT) AS _rs_from,
                _rs_s.taste * _rs_x.taste AS _rs_a, _rs_s.next * _rs_x.next AS _rs_b
            FROM (SELECT _rs_q, inline(_rs_history) FROM _rs_state) AS _rs_s
            JOIN $weights AS _rs_x ON _rs_x.$key = _rs_s.id
            WHERE _rs_s.is_late
        )
$older        UNION ALL
        SELECT _rs_q._rs_q, _rs_c._rs_id, 0D, CAST(NULL AS BIGINT)
        FROM _rs_state AS _rs_q
        JOIN $answers AS _rs_c ON _rs_c._rs_available
        WHERE NOT ($is_limited) AND _rs_c._rs_place <= $many + size(_rs_q._rs_known) + size(_rs_q._rs_apart)
        UNION ALL
        SELECT _rs_q, _rs_id, 0D, NULL
        FROM (
            SELECT
                _rs_q._rs_q, _rs_c._rs_id, $many + size(_rs_q._rs_known) + size(_rs_q._rs_apart) AS _rs_many,
                row_number() OVER (PARTITION BY _rs_q._rs_q ORDER BY $popularity DESC NULLS LAST, _rs_c._rs_id ASC) AS _rs_place
            FROM _rs_state AS _rs_q
            JOIN $answers AS _rs_c ON $passes
            WHERE $is_limited
        )
        WHERE $is_among_popular
    )
    GROUP BY _rs_q, _rs_id
),
_rs_scored AS (
    SELECT
        _rs_q, _rs_a, _rs_id, _rs_cause, _rs_group,
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END AS _rs_steps
    FROM (
        SELECT
            _rs_q._rs_q, _rs_q._rs_a, _rs_s._rs_id, _rs_s._rs_cause, _rs_c._rs_group,
            $weighed_sum AS _rs_sum, $popularity AS _rs_popularity
        FROM _rs_state AS _rs_q
        JOIN _rs_sums AS _rs_s ON _rs_s._rs_q = _rs_q._rs_q
        JOIN $answers AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
        WHERE $passes AND NOT array_contains(_rs_q._rs_apart, _rs_c._rs_id)$and_unseen
    )
),
${of_groups}_rs_pools AS (
    SELECT
        _rs_b._rs_q, max(_rs_b._rs_a) AS _rs_a,
        array_sort(collect_list(named_struct('rank', _rs_b._rs_rank, 'id', _rs_b._rs_id, 'steps', _rs_b._rs_steps,
            'sum', CASE
                WHEN _rs_b._rs_steps > 0 THEN _rs_b._rs_steps WHEN _rs_b._rs_steps >= -1000000000 THEN 0
                ELSE _rs_b._rs_steps + 2000000000
            END,
            'cause', _rs_b._rs_cause, 'vector', CAST(_rs_v.vector AS ARRAY<DOUBLE>)))) AS _rs_pool
    FROM (
        SELECT
            *, $is_diverse AS _rs_is_diverse,
            row_number() OVER (PARTITION BY _rs_q ORDER BY _rs_steps DESC, _rs_id ASC) AS _rs_rank
        FROM $all_scored
    ) AS _rs_b
    LEFT JOIN $vectors AS _rs_v ON _rs_b._rs_is_diverse AND _rs_v.$key = _rs_b._rs_id AND _rs_v.space = $default_space
    WHERE _rs_b._rs_rank <= $pool
    GROUP BY _rs_b._rs_q
),
_rs_found AS (
    SELECT _rs_at + 1 AS _rs_rank, _rs_row.*
    FROM (
        SELECT _rs_at, _rs_pool[_rs_place] AS _rs_row
        FROM (
            SELECT _rs_pool, posexplode(_rs_places) AS (_rs_at, _rs_place)
            FROM (
                SELECT *, $places AS _rs_places
                FROM (
                    -- Beside the greatest score, as a cosine is beside 1; what only fills up the list has none.
                    SELECT *, transform(_rs_pool, _rs_x -> $score_steps * CAST(_rs_x.sum AS DOUBLE) / greatest(_rs_pool[0].sum, 1)) AS _rs_relevance
                    FROM _rs_pools
                )
            )
        )
    )
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT), $columns, CAST(NULL AS STRING), CAST(_rs_f.sum / $score_divisor AS FLOAT),
    _rs_because._rs_name,
    CASE
        WHEN _rs_f.steps <= 0 THEN 'popular'
        WHEN _rs_f.cause % 4 = 2 THEN 'like it'
        WHEN _rs_f.cause % 4 = 1 THEN 'often $verb soon after it'
        ELSE '$verb by the same people'
    END
FROM _rs_found AS _rs_f
JOIN $answers AS _rs_item ON _rs_item._rs_id = _rs_f.id
LEFT JOIN $answers AS _rs_because ON _rs_because._rs_id = CASE WHEN _rs_f.steps > 0 THEN CAST(_rs_f.cause DIV 4 AS INT) END
ORDER BY _rs_f._rs_rank

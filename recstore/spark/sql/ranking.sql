-- Ranks every candidate of each question in _rs_questions by the exact cosine, times what was said of it, and keeps the
-- best k; equal ones go to the smaller id. Of a group of items a list shows the best.
_rs_bound AS (
    -- A grouping makes the vector once: otherwise Spark works it out for every candidate.
    SELECT
        _rs_q, max(_rs_a) AS _rs_a, max(_rs_space) AS _rs_space, max(_rs_apart) AS _rs_apart, max(_rs_among) AS _rs_among,
        collect_list(_rs_vector)[0] AS _rs_vector
    FROM _rs_questions
    WHERE _rs_vector IS NOT NULL
    GROUP BY _rs_q
),
_rs_scored AS (
    SELECT _rs_q, _rs_a, _rs_space, _rs_id, _rs_vector, _rs_group, $steps AS _rs_steps
    FROM (
        SELECT
            _rs_q._rs_q, _rs_q._rs_a, _rs_q._rs_space, _rs_c._rs_id, _rs_c._rs_group, _rs_v.vector AS _rs_vector,
            $times AS _rs_times, $cosine AS _rs_cosine
        FROM _rs_bound AS _rs_q
        JOIN $vectors AS _rs_v ON _rs_v.space = _rs_q._rs_space
        JOIN $answers AS _rs_c ON _rs_c._rs_id = _rs_v.$key
        WHERE NOT array_contains(_rs_q._rs_apart, _rs_c._rs_id) AND $passes
    )
),
${of_groups}_rs_pools AS (
    SELECT
        _rs_q, max(_rs_a) AS _rs_a, max(_rs_space) AS _rs_space,
        array_sort(collect_list(named_struct('rank', _rs_rank, 'id', _rs_id, 'steps', _rs_steps, 'sum', _rs_steps,
            'vector', _rs_kept))) AS _rs_pool
    FROM (
        SELECT
            _rs_q, _rs_a, _rs_space, _rs_id, _rs_steps, CASE WHEN $is_diverse THEN CAST(_rs_vector AS ARRAY<DOUBLE>) END AS _rs_kept,
            row_number() OVER (PARTITION BY _rs_q ORDER BY _rs_steps DESC, _rs_id ASC) AS _rs_rank
        FROM $all_scored
    )
    WHERE _rs_rank <= $pool
    GROUP BY _rs_q
),
_rs_answers AS (
    SELECT _rs_at + 1 AS _rs_rank, _rs_pool[_rs_place].id AS _rs_id, _rs_space, _rs_pool[_rs_place].steps AS _rs_steps
    FROM (
        SELECT _rs_space, _rs_pool, posexplode(_rs_places) AS (_rs_at, _rs_place)
        FROM (
            SELECT *, $places AS _rs_places
            FROM (SELECT *, transform(_rs_pool, _rs_x -> CAST(_rs_x.steps AS DOUBLE)) AS _rs_relevance FROM _rs_pools)
        )
    )
),

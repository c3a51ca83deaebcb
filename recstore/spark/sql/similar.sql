-- The items most like one item, or several: the stored neighbours where they are enough, else an exact ranking.
WITH
$asked
_rs_sides AS (
    SELECT
        _rs_e._rs_q, max(_rs_e._rs_a) AS _rs_a, max(_rs_e._rs_apart) AS _rs_apart, max(_rs_e._rs_among) AS _rs_among,
        min_by(_rs_v.space, array_position(_rs_e._rs_a.spaces, _rs_v.space)) FILTER (WHERE _rs_e._rs_is_liked) AS _rs_space,
        array_sort(collect_list(named_struct('id', _rs_e._rs_id, 'is_liked', _rs_e._rs_is_liked, 'space', _rs_v.space,
            'vector', CAST(_rs_v.vector AS ARRAY<DOUBLE>)))) AS _rs_vectors
    FROM (
        SELECT
            _rs_q, _rs_a, _rs_apart, _rs_among,
            inline(concat(
                transform(_rs_liked, _rs_x -> named_struct('_rs_id', _rs_x, '_rs_is_liked', true)),
                transform(_rs_disliked, _rs_x -> named_struct('_rs_id', _rs_x, '_rs_is_liked', false))))
        FROM _rs_asked
        WHERE size(_rs_liked) > 0 AND NOT ($near AND $is_one)
    ) AS _rs_e
    JOIN $vectors AS _rs_v ON _rs_v.$key = _rs_e._rs_id AND array_contains(_rs_e._rs_a.spaces, _rs_v.space)
    GROUP BY _rs_e._rs_q
),
_rs_questions AS (
    SELECT _rs_q, _rs_a, _rs_space, _rs_apart, _rs_among, $mean AS _rs_vector
    FROM (
        SELECT
            *,
            transform(filter(_rs_vectors, _rs_x -> _rs_x.is_liked AND _rs_x.space = _rs_space), _rs_x -> _rs_x.vector) AS _rs_for,
            transform(filter(_rs_vectors, _rs_x -> NOT _rs_x.is_liked AND _rs_x.space = _rs_space), _rs_x -> _rs_x.vector) AS _rs_against
        FROM _rs_sides
        WHERE _rs_space IS NOT NULL
    )
),
$ranking
_rs_near AS (
    -- The asked item by itself, where its neighbours are stored: what is asked for by a constant is all that Spark reads.
    SELECT _rs_id, _rs_spaces, row_number() OVER (ORDER BY _rs_is_first DESC) AS _rs_which
    FROM (
        SELECT _rs_i._rs_id, _rs_i._rs_spaces, $is_id_first AS _rs_is_first
        FROM $answers AS _rs_i
        WHERE $near AND $is_one AND $is_that_id
        UNION ALL
        SELECT _rs_i._rs_id, _rs_i._rs_spaces, NOT $is_id_first
        FROM $answers AS _rs_i
        WHERE $near AND $is_one AND _rs_i._rs_named = $name_asked
    )
),
_rs_ranked AS (
    SELECT CAST(_rs_b.rank AS INT) AS _rs_rank, _rs_b.neighbor_id AS _rs_id, _rs_b.space AS _rs_space, _rs_b.score AS _rs_score
    FROM _rs_near AS _rs_n
    JOIN $neighbors AS _rs_b ON _rs_b.$key = _rs_n._rs_id
    WHERE _rs_n._rs_which = 1 AND _rs_b.rank <= $whole_k
        AND _rs_b.space = filter($given_spaces, _rs_s -> array_contains(_rs_n._rs_spaces, _rs_s))[0]
    UNION ALL
    SELECT _rs_rank, _rs_id, _rs_space, CAST(_rs_steps / $score_divisor AS FLOAT) FROM _rs_answers
)
$rows

-- The items that words are about: the nearest to what the words weigh in the space that its terms belong to.
WITH
$asked
_rs_weighed AS (
    SELECT
        _rs_w._rs_q, max(_rs_w._rs_a) AS _rs_a, max(_rs_w._rs_apart) AS _rs_apart, max(_rs_w._rs_among) AS _rs_among,
        sum(power(_rs_w._rs_times * _rs_t.idf, 2)) AS _rs_square,
        array_sort(collect_list(named_struct('term', _rs_t.term, 'weight', _rs_w._rs_times * _rs_t.idf,
            'towards', CAST(_rs_t.component AS ARRAY<DOUBLE>)))) AS _rs_terms
    FROM (
        SELECT _rs_q, max(_rs_a) AS _rs_a, max(_rs_apart) AS _rs_apart, max(_rs_among) AS _rs_among, _rs_word, count(*) AS _rs_times
        FROM (
            SELECT *, explode(regexp_extract_all(lower(_rs_a.words), r'[\p{L}\p{N}_]{2,}', 0)) AS _rs_word FROM _rs_asked
        )
        GROUP BY _rs_q, _rs_word
    ) AS _rs_w
    JOIN $terms AS _rs_t ON _rs_t.term = _rs_w._rs_word
    GROUP BY _rs_w._rs_q
),
_rs_questions AS (
    SELECT
        _rs_q, _rs_a, $terms_space AS _rs_space, _rs_apart, _rs_among,
        transform(_rs_sum, _rs_x -> _rs_x / sqrt(_rs_length)) AS _rs_vector
    FROM (
        SELECT *, aggregate(_rs_sum, 0D, (_rs_t, _rs_x) -> _rs_t + _rs_x * _rs_x) AS _rs_length
        FROM (
            SELECT
                *, transform(_rs_terms[0].towards, (_rs_x, _rs_d) ->
                    aggregate(_rs_terms, 0D, (_rs_t, _rs_y) -> _rs_t + _rs_y.weight * _rs_y.towards[_rs_d])) AS _rs_sum
            FROM _rs_weighed
        )
    )
    -- What the space holds next to nothing of has no direction there, as with the items themselves.
    WHERE _rs_length > 1e-12D * _rs_square
),
$ranking
_rs_ranked AS (
    SELECT _rs_rank, _rs_id, _rs_space, CAST(_rs_steps / $score_divisor AS FLOAT) AS _rs_score FROM _rs_answers
)
$rows

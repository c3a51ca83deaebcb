-- The items nearest to any vector of a space. One of unit length (to the rounding of a FLOAT) is taken as it is.
WITH
$asked
_rs_questions AS (
    SELECT
        _rs_q, _rs_a, _rs_a.space AS _rs_space, _rs_apart, _rs_among,
        CASE
            WHEN size(_rs_a.vector) <> _rs_a.dimensions THEN CAST(raise_error(concat('$function: space ''', _rs_a.space,
                ''' takes vectors of ', _rs_a.dimensions, ' numbers, not ', size(_rs_a.vector))) AS ARRAY<DOUBLE>)
            WHEN NOT coalesce(_rs_square > 0 AND _rs_square < double('infinity'), false)
            THEN CAST(raise_error('$function: the vector must hold finite numbers, at least one of them not 0, and be of a length from 1e-150 to 1e150') AS ARRAY<DOUBLE>)
            WHEN abs(_rs_square - 1) < 1e-6D THEN _rs_a.vector
            ELSE transform(_rs_a.vector, _rs_x -> _rs_x / sqrt(_rs_square))
        END AS _rs_vector
    FROM (
        SELECT *, aggregate(_rs_a.vector, 0D, (_rs_t, _rs_x) -> _rs_t + _rs_x * _rs_x) AS _rs_square
        FROM _rs_asked
        WHERE _rs_a.vector IS NOT NULL
    )
),
$ranking
_rs_ranked AS (
    SELECT _rs_rank, _rs_id, _rs_space, CAST(_rs_steps / $score_divisor AS FLOAT) AS _rs_score FROM _rs_answers
)
$rows

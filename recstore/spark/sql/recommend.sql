-- What a person wants next. The history is read when the question is asked; interactions of one moment are equally far
-- back. Somebody without any is given the most popular; nobody (NULL) is given nothing.
WITH
$asked
_rs_seen AS (
$seen
),
_rs_state AS (
    SELECT
        _rs_q, max(_rs_a) AS _rs_a, max(_rs_apart) AS _rs_apart, max(_rs_among) AS _rs_among,
        collect_list(_rs_id) AS _rs_known,
        collect_list(named_struct('id', _rs_id, 'taste', _rs_counts * power(_rs_back, -${taste_power}D),
            'next', _rs_counts * power(${next_decay}D, _rs_back), 'is_late', _rs_first <= $history)) FILTER (WHERE _rs_id IS NOT NULL) AS _rs_history
    FROM (
        SELECT *, $counted AS _rs_counts, (_rs_first + _rs_last) / 2D AS _rs_back
        FROM (
            SELECT
                *, rank() OVER (PARTITION BY _rs_q, _rs_id IS NULL ORDER BY _rs_at DESC NULLS LAST) AS _rs_first,
                count(*) OVER (PARTITION BY _rs_q, _rs_id IS NULL ORDER BY _rs_at DESC NULLS LAST) AS _rs_last
            FROM _rs_seen
        )
    )
    GROUP BY _rs_q
),
$recommending

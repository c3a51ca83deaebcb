-- What follows on a list of items, oldest first: each is an id or a name, of repeated ones the last counts.
WITH
$asked
_rs_state AS (
    SELECT
        _rs_q, _rs_a, _rs_apart, _rs_among, concat(_rs_liked, _rs_disliked) AS _rs_known,
        concat(
            transform(_rs_liked, (_rs_x, _rs_i) -> named_struct('id', _rs_x,
                'taste', power(_rs_i + 1, -${taste_power}D), 'next', power(${next_decay}D, _rs_i + 1), 'is_late', _rs_i < $history)),
            transform(_rs_disliked, (_rs_x, _rs_i) -> named_struct('id', _rs_x,
                'taste', -power(_rs_i + 1, -${taste_power}D), 'next', 0D, 'is_late', _rs_i < $history))) AS _rs_history
    FROM _rs_asked
),
$recommending

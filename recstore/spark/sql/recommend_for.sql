-- What follows on a list of items, oldest first: each is an id or a name, of repeated ones the last counts.
WITH
$asked
_rs_state AS (
    SELECT
        _rs_q, _rs_a, _rs_apart, _rs_among, concat(_rs_liked, _rs_disliked) AS _rs_known,
        concat(
            transform(slice(_rs_liked, 1, $history), (_rs_x, _rs_i) -> named_struct('id', _rs_x,
                'taste', power(_rs_i + 1, -${taste_power}D), 'next', power(${next_decay}D, _rs_i + 1))),
            transform(slice(_rs_disliked, 1, $history), (_rs_x, _rs_i) -> named_struct('id', _rs_x,
                'taste', -power(_rs_i + 1, -${taste_power}D), 'next', 0D))) AS _rs_history
    FROM _rs_asked
),
$recommending

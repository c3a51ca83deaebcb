-- What a person in the $interactions wants next.
--
-- The history is read when the question is asked: an interaction counts as soon as it is there. Those of one moment are
-- equally far back: as far as the mean of their places. Somebody without any is given the most popular; nobody
-- (NULL) is given nothing.
WITH
_rs_seen AS (
$seen),
_rs_history AS (
    SELECT
        _rs_id, _rs_counts * _rs_back ** (-$taste_power) AS _rs_taste,
        _rs_counts * $next_decay ** _rs_back AS _rs_next, _rs_first <= $history AS _rs_is_late
    FROM (
        SELECT
            _rs_id, $counted AS _rs_counts,
            _rs_first, (_rs_first + _rs_last) / 2e0 AS _rs_back
        FROM (
            SELECT
                *, rank() OVER (ORDER BY _rs_at DESC NULLS LAST) AS _rs_first, count(*) OVER (ORDER BY _rs_at DESC NULLS LAST) AS _rs_last
            FROM _rs_seen
        ) AS _rs_p
    ) AS _rs_b
),
${excluded}_rs_asked AS (
    SELECT _rs_k + (SELECT count(*) FROM _rs_seen) AS _rs_many
    FROM (SELECT $person AS _rs_user, $whole_k$many_excluded AS _rs_k) AS _rs_a
    WHERE _rs_user IS NOT NULL
),
$recommending

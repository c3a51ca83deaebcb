-- What follows on a list of items, oldest first: for anybody, from any table, with no history stored and no training.
--
-- Each is an id or a name; what is not there is passed over, and of repeated ones the last counts. What is disliked is
-- not recommended either, and counts against what goes with it. An empty list, or NULL as list() of no rows gives it,
-- is somebody who has seen nothing yet.
WITH
_rs_listed AS (
$listed),
_rs_identified AS (
$identified),
_rs_seen AS (
    SELECT _rs_id FROM _rs_identified
),
_rs_history AS (
    SELECT
        _rs_id, CASE WHEN _rs_is_liked THEN 1 ELSE -1 END * _rs_back ** (-$taste_power) AS _rs_taste,
        CASE WHEN _rs_is_liked THEN $next_decay ** _rs_back ELSE 0 END AS _rs_next,
        _rs_back <= $history AS _rs_is_late
    FROM _rs_identified
),
${excluded}_rs_asked AS (
    SELECT
        CASE
            WHEN typeof(_rs_liked) NOT LIKE '%]' AND typeof(_rs_liked) <> '"NULL"'
            THEN CAST(error('$function: liked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            WHEN typeof(_rs_disliked) NOT LIKE '%]' AND typeof(_rs_disliked) <> '"NULL"'
            THEN CAST(error('$function: disliked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            ELSE coalesce(len(TRY_CAST(_rs_liked AS VARCHAR[])), 0)
                + coalesce(len(TRY_CAST(_rs_disliked AS VARCHAR[])), 0) + _rs_k
        END AS _rs_many
    FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked, $whole_k$many_excluded AS _rs_k) AS _rs_a
),
$recommending

-- Every question is one row from end to end: _rs_q tells it from others, _rs_a holds what it says. _rs_texts are the items
-- that it names, by role: 1 liked, -1 disliked, 0 excluded, 2 those that alone may be answered with.
_rs_args AS (
    SELECT *, xxhash64(_rs_a, _rs_texts) AS _rs_q FROM (
        SELECT named_struct($said) AS _rs_a, $texts AS _rs_texts
    )
),
_rs_named AS (
    SELECT _rs_q, _rs_a, posexplode_outer(_rs_texts) AS (_rs_place, _rs_text) FROM _rs_args
),
_rs_meant AS (
$meant
),
_rs_asked AS (
    SELECT
        _rs_q, max(_rs_a) AS _rs_a,
        array_distinct(transform(array_sort(collect_list(struct(_rs_place, _rs_id)) FILTER (WHERE _rs_role = 1 AND _rs_id IS NOT NULL)), _rs_x -> _rs_x._rs_id)) AS _rs_liked,
        array_distinct(transform(array_sort(collect_list(struct(_rs_place, _rs_id)) FILTER (WHERE _rs_role = -1 AND _rs_id IS NOT NULL)), _rs_x -> _rs_x._rs_id)) AS _rs_disliked,
        collect_set(_rs_id) FILTER (WHERE _rs_role < 2) AS _rs_apart,
        collect_set(_rs_id) FILTER (WHERE _rs_role = 2) AS _rs_among
    FROM _rs_meant
    GROUP BY _rs_q
),

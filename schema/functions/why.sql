-- Why two items are alike: the categories that both have, how many users had them, and how near they are in each space,
-- with the place of the second among the nearest of the first.
WITH
${comparing}_rs_chosen AS (
$chosen)
SELECT
    _rs_a.$identity AS ${item}_a,
    _rs_b.$identity AS ${item}_b,
    $name_of_a AS title_a,
    $name_of_b AS title_b,
    list_filter(_rs_a._rs_categories, lambda _rs_x: list_contains(_rs_b._rs_categories, _rs_x)) AS shared,
    _rs_n._rs_both AS chosen_both,
    _rs_n._rs_a AS chosen_a,
    _rs_n._rs_b AS chosen_b,
    _rs_s._rs_scores AS scores,
    CASE WHEN _rs_q._rs_first <> _rs_q._rs_second THEN _rs_s._rs_ranks END AS ranks
FROM _rs_pair AS _rs_q
JOIN $items AS _rs_a ON _rs_a.$key = _rs_q._rs_first
JOIN $items AS _rs_b ON _rs_b.$key = _rs_q._rs_second
LEFT JOIN _rs_chosen AS _rs_n ON _rs_n._rs_of = _rs_q._rs_first
LEFT JOIN _rs_spaces AS _rs_s ON _rs_s._rs_of = _rs_q._rs_first

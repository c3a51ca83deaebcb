-- The stored neighbours with names, for clients that cannot call a table function.
CREATE VIEW $similar_view AS
SELECT
    _rs_a.$key,
    _rs_a.$name,
    _rs_n.space,
    _rs_n.rank,
    _rs_n.neighbor_id AS $similar_key,
    _rs_b.$name AS $similar_name,
    _rs_n.score
FROM $neighbors AS _rs_n
JOIN $items AS _rs_a ON _rs_a.$key = _rs_n.$key
JOIN $items AS _rs_b ON _rs_b.$key = _rs_n.neighbor_id;

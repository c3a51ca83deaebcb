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
COMMENT ON VIEW $similar_view IS 'The stored neighbours with names, for clients that cannot call a table function';
COMMENT ON COLUMN $similar_view.$key IS 'The $item that was asked about';
COMMENT ON COLUMN $similar_view.$name IS 'Its $name';
COMMENT ON COLUMN $similar_view.space IS 'The space (spaces.space)';
COMMENT ON COLUMN $similar_view.rank IS 'From 1; larger scores first, equal scores by the smaller $similar_key';
COMMENT ON COLUMN $similar_view.$similar_key IS 'The neighbour, never the $item itself';
COMMENT ON COLUMN $similar_view.$similar_name IS 'Its $name';
COMMENT ON COLUMN $similar_view.score IS 'Cosine similarity in the space, rounded to 5 decimals; larger is closer';

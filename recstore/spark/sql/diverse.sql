-- Maximal marginal relevance (Carbonell and Goldstein 1998): the places in _rs_pool, one after the other, of what has the
-- most of (1 - d) x relevance - d x the greatest cosine with what was chosen before; of equals the first.
-- The cosine is rounded as scores are; what has no vector is like nothing. `near` is NULL for what was chosen.
aggregate(
    sequence(1, least(_rs_a.k, size(_rs_pool))),
    named_struct('chosen', CAST(array() AS ARRAY<INT>), 'near', transform(_rs_relevance, _rs_x -> 0D)),
    (_rs_state, _rs_step) -> transform(
        array(array_position(
            zip_with(_rs_relevance, _rs_state.near, (_rs_x, _rs_y) -> (1D - _rs_a.diverse) * _rs_x - _rs_a.diverse * _rs_y),
            array_max(zip_with(_rs_relevance, _rs_state.near, (_rs_x, _rs_y) -> (1D - _rs_a.diverse) * _rs_x - _rs_a.diverse * _rs_y)))),
        _rs_next -> named_struct(
            'chosen', array_append(_rs_state.chosen, CAST(_rs_next AS INT) - 1),
            'near', transform(_rs_state.near, (_rs_x, _rs_i) -> CASE
                WHEN _rs_x IS NULL OR _rs_i = _rs_next - 1 THEN CAST(NULL AS DOUBLE)
                ELSE greatest(
                    CASE WHEN size(_rs_state.chosen) > 0 THEN _rs_x ELSE -1e9D END,
                    coalesce($cosine_of_pair, 0D))
            END)
        )
    )[0]
).chosen

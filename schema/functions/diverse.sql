-- Maximal marginal relevance (Carbonell and Goldstein 1998): the places in _rs_vectors, one after the other, of what has
-- the most of (1 - d) x relevance - d x the greatest cosine with what was chosen before; of equals the first.
-- The cosine is rounded as scores are; what has no vector is like nothing. `near` is NULL for what was chosen.
list_reduce(
    list_prepend(
        {'chosen': CAST([] AS BIGINT[]), 'near': list_transform(_rs_relevance, lambda _rs_x: 0e0)},
        list_transform(range(1, least(_rs_k, len(_rs_relevance)) + 1), lambda _rs_x:
            {'chosen': CAST([] AS BIGINT[]), 'near': CAST([] AS DOUBLE[])})
    ),
    lambda _rs_state, _rs_step: list_transform(
        [list_transform(_rs_state.near, lambda _rs_x, _rs_i:
            (1e0 - _rs_said.diversity) * _rs_relevance[_rs_i] - _rs_said.diversity * _rs_x)],
        lambda _rs_gains: list_transform(
            [list_position(_rs_gains, list_max(_rs_gains))],
            lambda _rs_next: {
                'chosen': list_append(_rs_state.chosen, CAST(_rs_next AS BIGINT)),
                'near': list_transform(_rs_state.near, lambda _rs_x, _rs_i: CASE
                    WHEN _rs_x IS NULL OR _rs_i = _rs_next THEN NULL
                    ELSE greatest(
                        CASE WHEN len(_rs_state.chosen) > 0 THEN _rs_x ELSE -1e9 END,
                        coalesce(round(list_inner_product(_rs_vectors[_rs_i], _rs_vectors[_rs_next]) * $score_steps), 0e0))
                END)
            }
        )[1]
    )[1]
).chosen

        UNION ALL
        -- What is older than the latest $history of a history counts together, by a few directions: see $tastes.
        SELECT _rs_o._rs_q, _rs_t.$key, $dot_of_older, CAST(NULL AS BIGINT)
        FROM (
            SELECT
                _rs_q, transform(_rs_given[0].gives, (_rs_x, _rs_d) ->
                    aggregate(_rs_given, 0D, (_rs_t, _rs_y) -> _rs_t + _rs_y.taste * _rs_y.gives[_rs_d])) AS _rs_sums
            FROM (
                SELECT _rs_h._rs_q, collect_list(named_struct('taste', _rs_h.taste, 'gives', _rs_g.gives)) AS _rs_given
                FROM (SELECT _rs_q, inline(_rs_history) FROM _rs_state) AS _rs_h
                JOIN $tastes AS _rs_g ON _rs_g.$key = _rs_h.id
                WHERE NOT _rs_h.is_late
                GROUP BY _rs_h._rs_q
            )
        ) AS _rs_o
        JOIN $tastes AS _rs_t ON _rs_t.takes IS NOT NULL

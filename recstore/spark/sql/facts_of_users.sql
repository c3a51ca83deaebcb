,
_rs_chosen AS (
    SELECT _rs_q, count_if(_rs_has_a) AS _rs_a, count_if(_rs_has_b) AS _rs_b, count_if(_rs_has_a AND _rs_has_b) AS _rs_both
    FROM (
        SELECT _rs_q, _rs_by, bool_or(_rs_is_first) AS _rs_has_a, bool_or(NOT _rs_is_first) AS _rs_has_b
        FROM (
            SELECT _rs_s._rs_q, _rs_s._rs_is_first, CAST(_rs_h.$user AS STRING) AS _rs_by
            FROM (
                SELECT _rs_q, inline(array(named_struct('_rs_id', _rs_first, '_rs_is_first', true), named_struct('_rs_id', _rs_second, '_rs_is_first', false)))
                FROM _rs_pair
            ) AS _rs_s
            JOIN $answers AS _rs_i ON _rs_i._rs_id = _rs_s._rs_id
            JOIN $history_table AS _rs_h ON CAST(_rs_h.$history_item AS STRING) = _rs_i._rs_identity
            GROUP BY _rs_s._rs_q, _rs_s._rs_is_first, CAST(_rs_h.$user AS STRING)
            HAVING sum($amount) > 0
        )
        GROUP BY _rs_q, _rs_by
    )
    GROUP BY _rs_q
)

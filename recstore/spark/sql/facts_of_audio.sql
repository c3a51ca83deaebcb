,
_rs_judged AS (
    SELECT
        _rs_q,
        transform(
            array_sort(collect_list(struct(-_rs_both AS _rs_less, label_id AS _rs_label_id, _rs_name, _rs_a, _rs_b))),
            _rs_x -> named_struct('label', _rs_x._rs_name, 'probability_a', _rs_x._rs_a, 'probability_b', _rs_x._rs_b)
        ) AS _rs_predictions
    FROM (
        SELECT
            _rs_p._rs_q, _rs_l.label_id, _rs_l.name AS _rs_name, _rs_x.probability AS _rs_a, _rs_y.probability AS _rs_b,
            _rs_x.probability * _rs_y.probability AS _rs_both
        FROM _rs_pair AS _rs_p
        JOIN $audio_predictions AS _rs_x ON _rs_x.clip_id = _rs_p._rs_first
        JOIN $audio_predictions AS _rs_y ON _rs_y.clip_id = _rs_p._rs_second AND _rs_y.label_id = _rs_x.label_id
        JOIN $audio_labels AS _rs_l ON _rs_l.label_id = _rs_x.label_id
    )
    GROUP BY _rs_q
)

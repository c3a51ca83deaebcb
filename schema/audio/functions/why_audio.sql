-- Why two clips are alike: the labels that both carry, the labels that both are judged to carry, and how near they are
-- in each space, with the place of the second among the nearest of the first.
CREATE MACRO $why_audio(clip_a, clip_b, store := NULL) AS TABLE
WITH
$comparing
_rs_judged AS (
    SELECT
        _rs_q._rs_first AS _rs_of,
        list({'label': _rs_l.name, 'probability_a': _rs_x.probability, 'probability_b': _rs_y.probability}
            ORDER BY _rs_x.probability * _rs_y.probability DESC, _rs_l.label_id ASC) AS _rs_both
    FROM _rs_pair AS _rs_q
    JOIN $audio_predictions AS _rs_x ON _rs_x.clip_id = _rs_q._rs_first
    JOIN $audio_predictions AS _rs_y ON _rs_y.clip_id = _rs_q._rs_second AND _rs_y.label_id = _rs_x.label_id
    JOIN $audio_labels AS _rs_l ON _rs_l.label_id = _rs_x.label_id
    GROUP BY _rs_q._rs_first
)
SELECT
    _rs_a.clip_id AS clip_a,
    _rs_b.clip_id AS clip_b,
    _rs_a.video_id AS video_a,
    _rs_b.video_id AS video_b,
    list_filter(_rs_a.labels, lambda _rs_x: list_contains(_rs_b.labels, _rs_x)) AS shared_labels,
    coalesce(_rs_j._rs_both, []) AS shared_predictions,
    _rs_s._rs_scores AS scores,
    CASE WHEN _rs_q._rs_first <> _rs_q._rs_second THEN _rs_s._rs_ranks END AS ranks
FROM _rs_pair AS _rs_q
JOIN $audio_clips AS _rs_a ON _rs_a.clip_id = _rs_q._rs_first
JOIN $audio_clips AS _rs_b ON _rs_b.clip_id = _rs_q._rs_second
LEFT JOIN _rs_judged AS _rs_j ON _rs_j._rs_of = _rs_q._rs_first
LEFT JOIN _rs_spaces AS _rs_s ON _rs_s._rs_of = _rs_q._rs_first;

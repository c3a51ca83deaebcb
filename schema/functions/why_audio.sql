-- Why two clips are alike: the labels that both carry, the labels that both are judged to carry, and how near they are
-- in each space, with the place of the second among the nearest of the first.
CREATE MACRO $why_audio(clip_a, clip_b, store := NULL) AS TABLE
WITH
_rs_args AS (
    SELECT 1 AS _rs_side, trim(CAST(clip_a AS VARCHAR)) AS _rs_text, typeof(clip_a) AS _rs_type
    UNION ALL
    SELECT 2, trim(CAST(clip_b AS VARCHAR)), typeof(clip_b)
),
_rs_named AS (
    SELECT
        _rs_a._rs_side, _rs_a._rs_text, first(_rs_i.clip_id ORDER BY _rs_i.start_seconds, _rs_i.clip_id) AS _rs_named_id
    FROM _rs_args AS _rs_a
    LEFT JOIN $audio_clips AS _rs_i
        ON _rs_i.video_id = CASE
            WHEN NOT regexp_matches(_rs_a._rs_type, '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)')
            THEN _rs_a._rs_text
        END
    GROUP BY _rs_a._rs_side, _rs_a._rs_text
),
_rs_identified AS (
    SELECT
        max(_rs_id) FILTER (_rs_side = 1) AS _rs_first, max(_rs_id) FILTER (_rs_side = 2) AS _rs_second
    FROM (
        SELECT _rs_side, coalesce(_rs_named_id, CASE
            WHEN regexp_matches(_rs_text, '^[+-]?[0-9]+([.]0*)?$$') THEN TRY_CAST(_rs_text AS INTEGER)
        END) AS _rs_id
        FROM _rs_named
    ) AS _rs_n
),
_rs_pair AS (
    SELECT
        _rs_a.clip_id AS _rs_first, _rs_b.clip_id AS _rs_second, _rs_a.video_id AS _rs_first_video,
        _rs_b.video_id AS _rs_second_video,
        list_filter(_rs_a.labels, lambda _rs_x: list_contains(_rs_b.labels, _rs_x)) AS _rs_labels
    FROM _rs_identified AS _rs_i
    JOIN $audio_clips AS _rs_a ON _rs_a.clip_id = _rs_i._rs_first
    JOIN $audio_clips AS _rs_b ON _rs_b.clip_id = _rs_i._rs_second
),
_rs_judged AS (
    SELECT
        _rs_q._rs_first AS _rs_of,
        list({'label': _rs_l.name, 'probability_a': _rs_x.probability, 'probability_b': _rs_y.probability}
            ORDER BY _rs_x.probability * _rs_y.probability DESC, _rs_l.label_id) AS _rs_both
    FROM _rs_pair AS _rs_q
    JOIN $audio_predictions AS _rs_x ON _rs_x.clip_id = _rs_q._rs_first
    JOIN $audio_predictions AS _rs_y ON _rs_y.clip_id = _rs_q._rs_second AND _rs_y.label_id = _rs_x.label_id
    JOIN $audio_labels AS _rs_l ON _rs_l.label_id = _rs_x.label_id
    GROUP BY _rs_q._rs_first
),
_rs_cosines AS (
    SELECT
        _rs_q._rs_first AS _rs_of, _rs_q._rs_second AS _rs_to, _rs_v.space AS _rs_space,
        CAST(_rs_v.vector AS DOUBLE[]) AS _rs_asked,
        CAST(round(list_inner_product(CAST(_rs_v.vector AS DOUBLE[]), CAST(_rs_w.vector AS DOUBLE[])) * 100000)
            AS BIGINT) AS _rs_steps
    FROM _rs_pair AS _rs_q
    JOIN $audio_vectors AS _rs_v ON _rs_v.clip_id = _rs_q._rs_first
    JOIN $audio_vectors AS _rs_w ON _rs_w.clip_id = _rs_q._rs_second AND _rs_w.space = _rs_v.space
),
_rs_before AS (
    SELECT
        _rs_c._rs_of, _rs_c._rs_space, _rs_c._rs_steps,
        count(*) FILTER (
            _rs_o.clip_id <> _rs_c._rs_of AND (
                round(list_inner_product(CAST(_rs_o.vector AS DOUBLE[]), _rs_c._rs_asked) * 100000) > _rs_c._rs_steps
                OR (round(list_inner_product(CAST(_rs_o.vector AS DOUBLE[]), _rs_c._rs_asked) * 100000)
                    = _rs_c._rs_steps AND _rs_o.clip_id < _rs_c._rs_to))
        ) AS _rs_nearer
    FROM _rs_cosines AS _rs_c
    JOIN $audio_vectors AS _rs_o ON _rs_o.space = _rs_c._rs_space
    GROUP BY _rs_c._rs_of, _rs_c._rs_space, _rs_c._rs_steps
),
_rs_spaces AS (
    SELECT
        _rs_of,
        map(list(_rs_space ORDER BY _rs_space), list(CAST(_rs_steps / 100000 AS FLOAT) ORDER BY _rs_space)) AS _rs_scores,
        map(list(_rs_space ORDER BY _rs_space), list(_rs_nearer + 1 ORDER BY _rs_space)) AS _rs_ranks
    FROM _rs_before
    GROUP BY _rs_of
)
SELECT
    _rs_q._rs_first AS clip_a,
    _rs_q._rs_second AS clip_b,
    _rs_q._rs_first_video AS video_a,
    _rs_q._rs_second_video AS video_b,
    _rs_q._rs_labels AS shared_labels,
    coalesce(_rs_j._rs_both, []) AS shared_predictions,
    _rs_s._rs_scores AS scores,
    CASE WHEN _rs_q._rs_first <> _rs_q._rs_second THEN _rs_s._rs_ranks END AS ranks
FROM _rs_pair AS _rs_q
LEFT JOIN _rs_judged AS _rs_j ON _rs_j._rs_of = _rs_q._rs_first
LEFT JOIN _rs_spaces AS _rs_s ON _rs_s._rs_of = _rs_q._rs_first;

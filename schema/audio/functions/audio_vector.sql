-- What brings a clip that is not in the store into a space: the vector of its 10 x 128 bytes, for nearest_audio.
-- Of several clips one after the other, such as all of a song, the vector is that of all their seconds.
--
-- In the space labels, every second is compared with the landmarks of kind second, and the mean of all with those of
-- kind clip; the weights turn these nearnesses into a score for each label; the scores, each to the power of 1.35, and
-- how the sound changes, of length 0.1, are concatenated.
CREATE MACRO $audio_vector(frames, space := 'mean', store := NULL) AS TABLE
WITH
_rs_args AS (
    SELECT CAST(frames AS DOUBLE[]) AS _rs_given, CAST(space AS VARCHAR) AS _rs_space
),
_rs_checked AS (
    SELECT
        _rs_a._rs_space,
        CASE
            WHEN NOT coalesce(list_contains(_rs_s._rs_known, _rs_a._rs_space), false)
            THEN CAST(error('audio_vector: there is no space ' || coalesce('''' || _rs_a._rs_space || '''', 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_s._rs_known, ', '), ''), 'none is there')) AS DOUBLE[])
            WHEN len(_rs_a._rs_given) = 0 OR len(_rs_a._rs_given) % 1280 <> 0 OR len(list_filter(_rs_a._rs_given, lambda _rs_x: _rs_x IS NULL)) > 0
            THEN CAST(error('audio_vector: frames must be 1280 numbers, 10 seconds of 128, or several times as many, not '
                || CAST(len(_rs_a._rs_given) AS VARCHAR)) AS DOUBLE[])
            WHEN len(list_filter(_rs_a._rs_given, lambda _rs_x:
                _rs_x NOT BETWEEN 0 AND 255 OR _rs_x <> trunc(_rs_x))) > 0
            THEN CAST(error('audio_vector: frames must be whole numbers from 0 to 255') AS DOUBLE[])
            ELSE _rs_a._rs_given
        END AS _rs_frames,
        _rs_s._rs_center
    FROM _rs_args AS _rs_a, (
        SELECT
            coalesce(list(_rs_t.space ORDER BY _rs_t.space ASC), []) AS _rs_known,
            any_value(_rs_t.center) FILTER (_rs_t.space = 'mean') AS _rs_center
        FROM $spaces AS _rs_t WHERE _rs_t.catalog = 'audio'
    ) AS _rs_s
),
_rs_split AS (
    SELECT
        _rs_space, _rs_frames, _rs_center,
        list_transform(range(len(_rs_frames) // 128), lambda _rs_t:
            list_transform(range(1, 129), lambda _rs_i: _rs_frames[_rs_t * 128 + _rs_i] - _rs_center[_rs_i])
        ) AS _rs_seconds
    FROM _rs_checked
    WHERE _rs_frames IS NOT NULL
),
_rs_averaged AS (
    SELECT
        *,
        list_transform(range(1, 129), lambda _rs_i:
            list_sum(list_transform(_rs_seconds, lambda _rs_x: _rs_x[_rs_i])) / len(_rs_seconds)) AS _rs_mean,
        list_transform(range(1, 129), lambda _rs_i:
            list_sum(list_transform(range(len(_rs_seconds)), lambda _rs_t:
                _rs_seconds[_rs_t + 1][_rs_i] * CASE WHEN _rs_t % 2 = 0 THEN -1 ELSE 1 END)) * 10 / len(_rs_seconds)
        ) AS _rs_change
    FROM _rs_split
),
_rs_measured AS (
    SELECT
        _rs_space, _rs_frames, _rs_mean, _rs_change,
        list_transform(_rs_seconds, lambda _rs_x: list_transform(_rs_x, lambda _rs_y:
            _rs_y / greatest(sqrt(list_inner_product(_rs_x, _rs_x)), 1e-6))) AS _rs_units,
        list_transform(_rs_mean, lambda _rs_y:
            _rs_y / greatest(sqrt(list_inner_product(_rs_mean, _rs_mean)), 1e-6)) AS _rs_mean_unit
    FROM _rs_averaged
),
_rs_compared AS (
    SELECT
        _rs_m.*,
        list_transform(_rs_l._rs_landmarks, lambda _rs_x: CASE
            WHEN _rs_x.kind = 'second' THEN list_avg(list_transform(_rs_m._rs_units, lambda _rs_u:
                exp(2 * _rs_x.width * (list_inner_product(_rs_u, _rs_x.vector) - 1))))
            ELSE exp(2 * _rs_x.width * (list_inner_product(_rs_m._rs_mean_unit, _rs_x.vector) - 1))
        END) AS _rs_near
    FROM _rs_measured AS _rs_m, (
        SELECT list({'kind': _rs_b.kind, 'width': _rs_b.width, 'vector': CAST(_rs_b.vector AS DOUBLE[])}
            ORDER BY _rs_b.landmark ASC) AS _rs_landmarks
        FROM $audio_landmarks AS _rs_b
    ) AS _rs_l
),
_rs_scored AS (
    SELECT
        _rs_c.*,
        list_transform(_rs_w._rs_weights, lambda _rs_x:
            _rs_x.bias + list_inner_product(_rs_c._rs_near, _rs_x.weights)) AS _rs_scores
    FROM _rs_compared AS _rs_c, (
        SELECT list({'bias': _rs_b.bias, 'weights': CAST(_rs_b.weights AS DOUBLE[])} ORDER BY _rs_b.place ASC) AS _rs_weights
        FROM $audio_label_weights AS _rs_b WHERE _rs_b.gives = 'score'
    ) AS _rs_w
),
_rs_made AS (
    SELECT
        _rs_space,
        CASE _rs_space
            WHEN 'labels' THEN list_concat(
                list_transform(_rs_scores, lambda _rs_x: sign(_rs_x) * pow(abs(_rs_x), 1.35)),
                list_transform(_rs_change, lambda _rs_x:
                    0.1 * _rs_x / greatest(sqrt(list_inner_product(_rs_change, _rs_change)), 1)))
            WHEN 'sequence' THEN list_transform(range(1, 1281), lambda _rs_i:
                list_avg(list_transform(range(len(_rs_frames) // 1280), lambda _rs_p: _rs_frames[_rs_p * 1280 + _rs_i])))
            ELSE _rs_mean
        END AS _rs_vector
    FROM _rs_scored
)
SELECT
    _rs_space AS space,
    list_transform(_rs_vector, lambda _rs_x: _rs_x / sqrt(list_inner_product(_rs_vector, _rs_vector))) AS vector
FROM _rs_made
WHERE list_inner_product(_rs_vector, _rs_vector) > 1e-12;

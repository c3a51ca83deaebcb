-- Items by words, in any order, ignoring case and accents: those that match the most of the words.
WITH
_rs_args AS (
    SELECT *, xxhash64(_rs_words, _rs_k) AS _rs_q
    FROM (
        SELECT
            array_distinct(regexp_extract_all(translate(lower($words), $accented, $plain), r'[\p{L}\p{N}]+', 0)) AS _rs_words,
            $whole_k AS _rs_k
    )
),
_rs_counted AS (
    SELECT
        _rs_a._rs_q, _rs_a._rs_k, size(_rs_a._rs_words) AS _rs_many, _rs_i._rs_id, _rs_i._rs_preference,
        size(filter(_rs_a._rs_words, _rs_w -> contains(_rs_i._rs_words, concat(' ', _rs_w)))) AS _rs_matched,
        size(filter(_rs_a._rs_words, _rs_w -> contains(_rs_i._rs_words, concat(' ', _rs_w, ' ')))) AS _rs_whole
    FROM _rs_args AS _rs_a CROSS JOIN $answers AS _rs_i
),
_rs_found AS (
    SELECT * FROM (
        SELECT
            *, dense_rank() OVER (PARTITION BY _rs_q ORDER BY _rs_matched DESC) AS _rs_level,
            row_number() OVER (PARTITION BY _rs_q ORDER BY _rs_matched DESC, _rs_whole DESC,
                _rs_preference $direction NULLS LAST, _rs_id ASC) AS _rs_rank
        FROM _rs_counted
        WHERE _rs_matched > 0
    )
    WHERE _rs_level = 1 AND _rs_rank <= _rs_k
),
_rs_ranked AS (
    SELECT _rs_rank, _rs_id, CAST(NULL AS STRING) AS _rs_space, CAST(CAST(_rs_matched AS DOUBLE) / _rs_many AS FLOAT) AS _rs_score
    FROM _rs_found
)
$rows

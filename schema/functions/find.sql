-- Items by words, in any order, ignoring case and accents.
--
-- The rows are those that match the most of the words: all of them where any item does. A word matches a word
-- of the name that begins with it; names with more whole words come first, then the preferred ones.
WITH
_rs_args AS (
    SELECT
        CAST(list_distinct(regexp_extract_all(
            strip_accents(lower(CAST(words AS VARCHAR))), '[\p{L}\p{N}]+')) AS VARCHAR[]) AS _rs_words,
        $whole_k AS _rs_k
),
_rs_items AS (
    SELECT
        _rs_i.$key AS _rs_id, _rs_i.$preference AS _rs_preference,
        strip_accents(lower($searched)) AS _rs_lower
    FROM $items AS _rs_i
),
_rs_held AS (
    -- Few items have a word's letters anywhere: only these are taken apart into words.
    SELECT
        _rs_a._rs_words, _rs_a._rs_k, _rs_i._rs_id, _rs_i._rs_preference,
        ' ' || regexp_replace(_rs_i._rs_lower, '[^\p{L}\p{N}]+', ' ', 'g') || ' ' AS _rs_text
    FROM _rs_args AS _rs_a, _rs_items AS _rs_i
    WHERE len(list_filter(_rs_a._rs_words, lambda _rs_w: contains(_rs_i._rs_lower, _rs_w))) > 0
),
_rs_counted AS (
    SELECT
        _rs_words, _rs_k, _rs_id, _rs_preference,
        len(list_filter(_rs_words, lambda _rs_w: contains(_rs_text, ' ' || _rs_w))) AS _rs_matched,
        len(list_filter(_rs_words, lambda _rs_w: contains(_rs_text, ' ' || _rs_w || ' '))) AS _rs_whole
    FROM _rs_held
),
_rs_best AS (
    SELECT _rs_words AS _rs_best_words, max(_rs_matched) AS _rs_best_matched
    FROM _rs_counted GROUP BY _rs_words
),
_rs_ranked AS (
    SELECT
        row_number() OVER (
            PARTITION BY _rs_words, _rs_k
            ORDER BY _rs_whole DESC, _rs_preference $direction NULLS LAST, _rs_id ASC
        ) AS _rs_rank,
        _rs_k, _rs_id, CAST(CAST(_rs_matched AS DOUBLE) / len(_rs_words) AS FLOAT) AS _rs_score
    FROM _rs_counted
    JOIN _rs_best ON _rs_best_words = _rs_words AND _rs_best_matched = _rs_matched
    WHERE _rs_matched > 0
)
SELECT CAST(_rs_r._rs_rank AS SMALLINT) AS rank, $columns, CAST(NULL AS VARCHAR) AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN $items AS _rs_item ON _rs_item.$key = _rs_r._rs_id
WHERE _rs_r._rs_rank <= _rs_r._rs_k
ORDER BY _rs_r._rs_rank ASC

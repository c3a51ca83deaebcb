-- The items that words are about: the nearest to what the words weigh in the space that its terms belong to.
--
-- Words are taken for terms as the items' own were. The counts of the terms that are known times their inverse document
-- frequencies times where they point, added up, is the vector that scikit-learn's TfidfVectorizer and TruncatedSVD give
-- but for its length.
WITH
_rs_args AS (
    SELECT
        CAST(words AS VARCHAR) AS _rs_text,
        $whole_k AS _rs_k
),
_rs_counted AS (
    SELECT _rs_text, _rs_word, count(*) AS _rs_times
    FROM (
        SELECT _rs_text, unnest(regexp_extract_all(lower(_rs_text), '[\p{L}\p{N}_]{2,}')) AS _rs_word FROM _rs_args
    ) AS _rs_w
    GROUP BY _rs_text, _rs_word
),
_rs_weighed AS (
    SELECT
        _rs_c._rs_text AS _rs_of, list_sum(list((_rs_c._rs_times * _rs_t.idf) ** 2)) AS _rs_square,
        list({'weight': _rs_c._rs_times * _rs_t.idf, 'towards': CAST(_rs_t.component AS DOUBLE[])} ORDER BY _rs_t.term ASC)
            AS _rs_terms
    FROM _rs_counted AS _rs_c
    JOIN $terms AS _rs_t ON _rs_t.term = _rs_c._rs_word
    GROUP BY _rs_c._rs_text
),
_rs_added AS (
    SELECT
        _rs_of, _rs_square,
        list_transform(range(1, len(_rs_terms[1].towards) + 1), lambda _rs_i:
            list_sum(list_transform(_rs_terms, lambda _rs_t: _rs_t.weight * _rs_t.towards[_rs_i]))) AS _rs_sum
    FROM _rs_weighed
),
_rs_asked AS (
    SELECT
        _rs_a._rs_k, $terms_space AS _rs_space,
        -- What the space holds next to nothing of has no direction there, as with the items themselves.
        CASE
            WHEN list_inner_product(_rs_v._rs_sum, _rs_v._rs_sum) > 1e-12 * _rs_v._rs_square
            THEN list_transform(_rs_v._rs_sum, lambda _rs_x: _rs_x / sqrt(list_inner_product(_rs_v._rs_sum, _rs_v._rs_sum)))
        END AS _rs_vector
    FROM _rs_args AS _rs_a
    LEFT JOIN _rs_added AS _rs_v ON _rs_v._rs_of = _rs_a._rs_text
),
$answering

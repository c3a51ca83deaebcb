CREATE MACRO "rec".main.similar_movies(movie, k := 10) AS TABLE (
-- The items most like one item, or several: the stored neighbours where they are enough, else an exact ranking.
--
-- Every argument is bound in a SELECT without FROM, and every name that the body makes begins with _rs_, so that the
-- caller's own names are never captured; it stands first in its FROM, since what stands before it would be in scope.
-- Whether the stored neighbours may not be enough is decided by a condition that DuckDB folds when it plans. It stands
-- where the answers of the exact ranking are read, so that nothing below is planned or scanned where it is false. Where
-- it depends on the rows of a join, no question goes there for which it does not hold.
WITH
_rs_args AS (
    SELECT _rs_given, CAST(_rs_given AS VARCHAR) AS _rs_of, _rs_k
    FROM (SELECT movie AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_g
),
_rs_one AS (
    -- Where a number is asked for, DuckDB leaves the names out of its plan. A list of one number is as that number.
    SELECT _rs_of, _rs_k, TRY_CAST(regexp_extract(_rs_of, '^\[?([+-]?[0-9]+)([.]0*)?\]?$', 1) AS INTEGER) AS _rs_id
    FROM _rs_args WHERE regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)')
    UNION ALL
    SELECT _rs_n._rs_of, _rs_n._rs_k, coalesce(min({'preferred': - _rs_i.n_ratings, 'id': _rs_i.movie_id}).id,
        CASE WHEN regexp_matches(_rs_n._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_n._rs_text AS INTEGER) END)
    FROM (
        SELECT *, trim(_rs_of) AS _rs_text FROM _rs_args WHERE NOT regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)|]$')
    ) AS _rs_n
    LEFT JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = _rs_n._rs_text
    GROUP BY _rs_n._rs_of, _rs_n._rs_k, _rs_n._rs_text
),
_rs_named AS (
    SELECT _rs_of, _rs_k, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, unnest(CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END) AS _rs_text
    FROM _rs_args
    WHERE (typeof(_rs_given) LIKE '%]' AND NOT (regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AND regexp_matches(_rs_of, '^\[?([+-]?[0-9]+)([.]0*)?\]?$'))) OR _rs_k > 100
),
_rs_meant AS (
    -- Of several items of that name the preferred one; what is no name is an id.
    SELECT
        _rs_of, _rs_k,
        coalesce(min({'preferred': - _rs_i.n_ratings, 'id': _rs_i.movie_id}).id,
            CASE WHEN regexp_matches(_rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_text AS INTEGER) END) AS _rs_id
    FROM (SELECT * REPLACE (trim(_rs_text) AS _rs_text) FROM _rs_named) AS _rs_n
    LEFT JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_n._rs_is_number THEN _rs_n._rs_text END
    GROUP BY _rs_of, _rs_k, _rs_text
),
_rs_answers AS (
    SELECT _rs_space, max(_rs_key, _rs_k) AS _rs_keys
    FROM (
        SELECT
            _rs_e._rs_of, _rs_e._rs_k, _rs_e._rs_space,
            CAST(round(avg(list_inner_product(CAST(_rs_c.vector AS DOUBLE[]), CAST(_rs_e._rs_vector AS DOUBLE[]))) * 100000) AS BIGINT)
                * 4294967296 + (2147483647 - CAST(_rs_c.movie_id AS BIGINT)) AS _rs_key
        FROM (
            SELECT
                _rs_n.*, _rs_v.space AS _rs_space, _rs_v.vector AS _rs_vector,
                list_position(['hybrid', 'collaborative', 'content'], _rs_v.space) = min(list_position(['hybrid', 'collaborative', 'content'], _rs_v.space)) OVER (PARTITION BY _rs_n._rs_of, _rs_n._rs_k) AS _rs_is_asked
            FROM (SELECT DISTINCT * FROM _rs_meant) AS _rs_n
            JOIN "rec_store".main."movie_vectors" AS _rs_v ON _rs_v.movie_id = _rs_n._rs_id
        ) AS _rs_e
        JOIN "rec_store".main."movie_vectors" AS _rs_c ON _rs_c.space = _rs_e._rs_space
        WHERE _rs_e._rs_is_asked
        GROUP BY _rs_e._rs_of, _rs_e._rs_k, _rs_e._rs_space, _rs_c.movie_id
        HAVING NOT bool_or(_rs_c.movie_id = _rs_e._rs_id)
    ) AS _rs_s
    GROUP BY _rs_of, _rs_k, _rs_space
),

_rs_ranked AS (
    SELECT
        _rs_b.rank AS _rs_rank, _rs_b.neighbor_id AS _rs_id, _rs_b.space AS _rs_space, _rs_b.score AS _rs_score
    FROM (
        SELECT _rs_o._rs_k, _rs_o._rs_id, arg_min(_rs_v.space, list_position(['hybrid', 'collaborative', 'content'], _rs_v.space)) AS _rs_space
        FROM _rs_one AS _rs_o
        JOIN "rec_store".main."movie_vectors" AS _rs_v ON _rs_v.movie_id = _rs_o._rs_id
        GROUP BY _rs_o._rs_of, _rs_o._rs_k, _rs_o._rs_id
    ) AS _rs_a
    JOIN "rec_store".main."movie_neighbors" AS _rs_b
        ON _rs_b.movie_id = _rs_a._rs_id AND _rs_b.space = _rs_a._rs_space AND _rs_b.rank <= _rs_a._rs_k AND _rs_a._rs_k <= 100
    UNION ALL
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM (SELECT DISTINCT 1 AS _rs_one
FROM (SELECT movie AS _rs_given, coalesce(TRY_CAST(k AS DOUBLE) > 100, false) AS _rs_is_deep) AS _rs_j WHERE typeof(_rs_given) LIKE '%]' OR _rs_is_deep) AS _rs_far, _rs_answers
    ) AS _rs_t

)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (movie, store, k := 10) AS TABLE (
-- The items most like one item, or several: the stored neighbours where they are enough, else an exact ranking.
--
-- Every argument is bound in a SELECT without FROM, and every name that the body makes begins with _rs_, so that the
-- caller's own names are never captured; it stands first in its FROM, since what stands before it would be in scope.
-- Whether the stored neighbours may not be enough is decided by a condition that DuckDB folds when it plans. It stands
-- where the answers of the exact ranking are read, so that nothing below is planned or scanned where it is false. Where
-- it depends on the rows of a join, no question goes there for which it does not hold.
WITH
_rs_args AS (
    SELECT _rs_given, CAST(_rs_given AS VARCHAR) AS _rs_of, _rs_k
    FROM (SELECT movie AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_g
),
_rs_one AS (
    -- Where a number is asked for, DuckDB leaves the names out of its plan. A list of one number is as that number.
    SELECT _rs_of, _rs_k, TRY_CAST(regexp_extract(_rs_of, '^\[?([+-]?[0-9]+)([.]0*)?\]?$', 1) AS INTEGER) AS _rs_id
    FROM _rs_args WHERE regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)')
    UNION ALL
    SELECT _rs_n._rs_of, _rs_n._rs_k, coalesce(min({'preferred': - _rs_i.n_ratings, 'id': _rs_i.movie_id}).id,
        CASE WHEN regexp_matches(_rs_n._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_n._rs_text AS INTEGER) END)
    FROM (
        SELECT *, trim(_rs_of) AS _rs_text FROM _rs_args WHERE NOT regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)|]$')
    ) AS _rs_n
    LEFT JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = _rs_n._rs_text
    GROUP BY _rs_n._rs_of, _rs_n._rs_k, _rs_n._rs_text
),
_rs_named AS (
    SELECT _rs_of, _rs_k, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, unnest(CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END) AS _rs_text
    FROM _rs_args
    WHERE (typeof(_rs_given) LIKE '%]' AND NOT (regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AND regexp_matches(_rs_of, '^\[?([+-]?[0-9]+)([.]0*)?\]?$'))) OR _rs_k > 100
),
_rs_meant AS (
    -- Of several items of that name the preferred one; what is no name is an id.
    SELECT
        _rs_of, _rs_k,
        coalesce(min({'preferred': - _rs_i.n_ratings, 'id': _rs_i.movie_id}).id,
            CASE WHEN regexp_matches(_rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_text AS INTEGER) END) AS _rs_id
    FROM (SELECT * REPLACE (trim(_rs_text) AS _rs_text) FROM _rs_named) AS _rs_n
    LEFT JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_n._rs_is_number THEN _rs_n._rs_text END
    GROUP BY _rs_of, _rs_k, _rs_text
),
_rs_answers AS (
    SELECT _rs_space, max(_rs_key, _rs_k) AS _rs_keys
    FROM (
        SELECT
            _rs_e._rs_of, _rs_e._rs_k, _rs_e._rs_space,
            CAST(round(avg(list_inner_product(CAST(_rs_c.vector AS DOUBLE[]), CAST(_rs_e._rs_vector AS DOUBLE[]))) * 100000) AS BIGINT)
                * 4294967296 + (2147483647 - CAST(_rs_c.movie_id AS BIGINT)) AS _rs_key
        FROM (
            SELECT
                _rs_n.*, _rs_v.space AS _rs_space, _rs_v.vector AS _rs_vector,
                list_position(['hybrid', 'collaborative', 'content'], _rs_v.space) = min(list_position(['hybrid', 'collaborative', 'content'], _rs_v.space)) OVER (PARTITION BY _rs_n._rs_of, _rs_n._rs_k) AS _rs_is_asked
            FROM (SELECT DISTINCT * FROM _rs_meant) AS _rs_n
            JOIN "rec_store".main."movie_vectors" AS _rs_v ON _rs_v.movie_id = _rs_n._rs_id
        ) AS _rs_e
        JOIN "rec_store".main."movie_vectors" AS _rs_c ON _rs_c.space = _rs_e._rs_space
        WHERE _rs_e._rs_is_asked
        GROUP BY _rs_e._rs_of, _rs_e._rs_k, _rs_e._rs_space, _rs_c.movie_id
        HAVING NOT bool_or(_rs_c.movie_id = _rs_e._rs_id)
    ) AS _rs_s
    GROUP BY _rs_of, _rs_k, _rs_space
),

_rs_ranked AS (
    SELECT
        _rs_b.rank AS _rs_rank, _rs_b.neighbor_id AS _rs_id, _rs_b.space AS _rs_space, _rs_b.score AS _rs_score
    FROM (
        SELECT _rs_o._rs_k, _rs_o._rs_id, arg_min(_rs_v.space, list_position(['hybrid', 'collaborative', 'content'], _rs_v.space)) AS _rs_space
        FROM _rs_one AS _rs_o
        JOIN "rec_store".main."movie_vectors" AS _rs_v ON _rs_v.movie_id = _rs_o._rs_id
        GROUP BY _rs_o._rs_of, _rs_o._rs_k, _rs_o._rs_id
    ) AS _rs_a
    JOIN "rec_store".main."movie_neighbors" AS _rs_b
        ON _rs_b.movie_id = _rs_a._rs_id AND _rs_b.space = _rs_a._rs_space AND _rs_b.rank <= _rs_a._rs_k AND _rs_a._rs_k <= 100
    UNION ALL
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM (SELECT DISTINCT 1 AS _rs_one
FROM (SELECT movie AS _rs_given, coalesce(TRY_CAST(k AS DOUBLE) > 100, false) AS _rs_is_deep) AS _rs_j WHERE typeof(_rs_given) LIKE '%]' OR _rs_is_deep) AS _rs_far, _rs_answers
    ) AS _rs_t

)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (movie, space, k := 10, store := NULL) AS TABLE (
-- The items most like one item, or several: the stored neighbours where they are enough, else an exact ranking.
--
-- Every argument is bound in a SELECT without FROM, and every name that the body makes begins with _rs_, so that the
-- caller's own names are never captured; it stands first in its FROM, since what stands before it would be in scope.
-- Whether the stored neighbours may not be enough is decided by a condition that DuckDB folds when it plans. It stands
-- where the answers of the exact ranking are read, so that nothing below is planned or scanned where it is false. Where
-- it depends on the rows of a join, no question goes there for which it does not hold.
WITH
_rs_args AS (
    SELECT _rs_given, CAST(_rs_given AS VARCHAR) AS _rs_of, _rs_k, _rs_spaces
    FROM (SELECT movie AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, CASE
    WHEN typeof(space) LIKE '%]' THEN TRY_CAST(space AS VARCHAR[])
    ELSE [CAST(space AS VARCHAR)]
END AS _rs_spaces) AS _rs_g
),
_rs_checked AS (
    SELECT
        * REPLACE (CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN (len(_rs_spaces) > 0 AND len(_rs_wrong) = 0) OR _rs_spaces = ['hybrid', 'collaborative', 'content'] THEN _rs_spaces
            ELSE CAST(error('similar_movies: there is no space '
                || coalesce(nullif(array_to_string(list_transform(_rs_wrong,
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS VARCHAR[])
        END AS _rs_spaces)
    FROM (
        SELECT *, list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)) AS _rs_wrong
        FROM _rs_args, (
            SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
            FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'movies'
        ) AS _rs_spaces_of_catalog
    ) AS _rs_w
),
_rs_one AS (
    -- Where a number is asked for, DuckDB leaves the names out of its plan. A list of one number is as that number.
    SELECT _rs_of, _rs_k, _rs_spaces, TRY_CAST(regexp_extract(_rs_of, '^\[?([+-]?[0-9]+)([.]0*)?\]?$', 1) AS INTEGER) AS _rs_id
    FROM _rs_checked WHERE regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)')
    UNION ALL
    SELECT _rs_n._rs_of, _rs_n._rs_k, _rs_n._rs_spaces, coalesce(min({'preferred': - _rs_i.n_ratings, 'id': _rs_i.movie_id}).id,
        CASE WHEN regexp_matches(_rs_n._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_n._rs_text AS INTEGER) END)
    FROM (
        SELECT *, trim(_rs_of) AS _rs_text FROM _rs_checked WHERE NOT regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)|]$')
    ) AS _rs_n
    LEFT JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = _rs_n._rs_text
    GROUP BY _rs_n._rs_of, _rs_n._rs_k, _rs_n._rs_spaces, _rs_n._rs_text
),
_rs_named AS (
    SELECT _rs_of, _rs_k, _rs_spaces, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, unnest(CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END) AS _rs_text
    FROM _rs_checked
    WHERE (typeof(_rs_given) LIKE '%]' AND NOT (regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AND regexp_matches(_rs_of, '^\[?([+-]?[0-9]+)([.]0*)?\]?$'))) OR _rs_k > 100
),
_rs_meant AS (
    -- Of several items of that name the preferred one; what is no name is an id.
    SELECT
        _rs_of, _rs_k, _rs_spaces,
        coalesce(min({'preferred': - _rs_i.n_ratings, 'id': _rs_i.movie_id}).id,
            CASE WHEN regexp_matches(_rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_text AS INTEGER) END) AS _rs_id
    FROM (SELECT * REPLACE (trim(_rs_text) AS _rs_text) FROM _rs_named) AS _rs_n
    LEFT JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_n._rs_is_number THEN _rs_n._rs_text END
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_text
),
_rs_answers AS (
    SELECT _rs_space, max(_rs_key, _rs_k) AS _rs_keys
    FROM (
        SELECT
            _rs_e._rs_of, _rs_e._rs_k, _rs_e._rs_space,
            CAST(round(avg(list_inner_product(CAST(_rs_c.vector AS DOUBLE[]), CAST(_rs_e._rs_vector AS DOUBLE[]))) * 100000) AS BIGINT)
                * 4294967296 + (2147483647 - CAST(_rs_c.movie_id AS BIGINT)) AS _rs_key
        FROM (
            SELECT
                _rs_n.*, _rs_v.space AS _rs_space, _rs_v.vector AS _rs_vector,
                list_position(_rs_spaces, _rs_v.space) = min(list_position(_rs_spaces, _rs_v.space)) OVER (PARTITION BY _rs_n._rs_of, _rs_n._rs_k, _rs_n._rs_spaces) AS _rs_is_asked
            FROM (SELECT DISTINCT * FROM _rs_meant) AS _rs_n
            JOIN "rec_store".main."movie_vectors" AS _rs_v ON _rs_v.movie_id = _rs_n._rs_id
        ) AS _rs_e
        JOIN "rec_store".main."movie_vectors" AS _rs_c ON _rs_c.space = _rs_e._rs_space
        WHERE _rs_e._rs_is_asked
        GROUP BY _rs_e._rs_of, _rs_e._rs_k, _rs_e._rs_spaces, _rs_e._rs_space, _rs_c.movie_id
        HAVING NOT bool_or(_rs_c.movie_id = _rs_e._rs_id)
    ) AS _rs_s
    GROUP BY _rs_of, _rs_k, _rs_space
),

_rs_ranked AS (
    SELECT
        _rs_b.rank AS _rs_rank, _rs_b.neighbor_id AS _rs_id, _rs_b.space AS _rs_space, _rs_b.score AS _rs_score
    FROM (
        SELECT _rs_o._rs_k, _rs_o._rs_id, arg_min(_rs_v.space, list_position(_rs_spaces, _rs_v.space)) AS _rs_space
        FROM _rs_one AS _rs_o
        JOIN "rec_store".main."movie_vectors" AS _rs_v ON _rs_v.movie_id = _rs_o._rs_id
        GROUP BY _rs_o._rs_of, _rs_o._rs_k, _rs_o._rs_spaces, _rs_o._rs_id
    ) AS _rs_a
    JOIN "rec_store".main."movie_neighbors" AS _rs_b
        ON _rs_b.movie_id = _rs_a._rs_id AND _rs_b.space = _rs_a._rs_space AND _rs_b.rank <= _rs_a._rs_k AND _rs_a._rs_k <= 100
    UNION ALL
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM (SELECT DISTINCT 1 AS _rs_one
FROM (SELECT movie AS _rs_given, coalesce(TRY_CAST(k AS DOUBLE) > 100, false) AS _rs_is_deep) AS _rs_j WHERE typeof(_rs_given) LIKE '%]' OR _rs_is_deep) AS _rs_far, _rs_answers
    ) AS _rs_t

    -- Never a row: raises the error of a wrong space where DuckDB need not look at the other branches.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), 0, '', CAST(0 AS FLOAT) FROM _rs_checked WHERE len(_rs_spaces) = 0
)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (movie, filter, k := 10, store := NULL, space := ['hybrid', 'collaborative', 'content']) AS TABLE (
-- The items most like one item, or several, with what similar.sql does not know: every candidate is ranked.
WITH
_rs_args AS (
    SELECT CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END AS _rs_of, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, * EXCLUDE _rs_given
    FROM (
        SELECT movie AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, CASE
    WHEN typeof(space) LIKE '%]' THEN TRY_CAST(space AS VARCHAR[])
    ELSE [CAST(space AS VARCHAR)]
END AS _rs_spaces, true AS _rs_said
    ) AS _rs_i
),
_rs_checked AS (
    SELECT
        * REPLACE (CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN (len(_rs_spaces) > 0 AND len(_rs_wrong) = 0) OR _rs_spaces = ['hybrid', 'collaborative', 'content'] THEN _rs_spaces
            ELSE CAST(error('similar_movies: there is no space '
                || coalesce(nullif(array_to_string(list_transform(_rs_wrong,
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS VARCHAR[])
        END AS _rs_spaces)
    FROM (
        SELECT *, list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)) AS _rs_wrong
        FROM _rs_args, (
            SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
            FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'movies'
        ) AS _rs_spaces_of_catalog
    ) AS _rs_w
),
_rs_named AS (
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_is_number, 1 AS _rs_role, unnest(_rs_of) AS _rs_text FROM _rs_checked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        _rs_of, _rs_k, _rs_spaces, _rs_said, list(DISTINCT _rs_id) AS _rs_apart,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = 1), []) AS _rs_liked,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = -1), []) AS _rs_disliked
    FROM _rs_meant
    WHERE _rs_id IS NOT NULL
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said
),
_rs_sides AS (
    SELECT
        _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart,
        arg_min(_rs_v.space, list_position(_rs_a._rs_spaces, _rs_v.space)) FILTER (_rs_a._rs_is_liked) AS _rs_space,
        list({'space': _rs_v.space, 'is_liked': _rs_a._rs_is_liked, 'vector': CAST(_rs_v.vector AS DOUBLE[])}
            ORDER BY _rs_a._rs_id ASC) AS _rs_sides
    FROM (
        SELECT
            *, unnest(list_concat(_rs_liked, _rs_disliked)) AS _rs_id,
            unnest(range(1, len(_rs_liked) + len(_rs_disliked) + 1)) <= len(_rs_liked) AS _rs_is_liked
        FROM _rs_asked
    ) AS _rs_a
    JOIN "rec_store".main."movie_vectors" AS _rs_v ON _rs_v.movie_id = _rs_a._rs_id AND list_contains(_rs_a._rs_spaces, _rs_v.space)
    GROUP BY _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart
),
_rs_questions AS (
    SELECT _rs_of AS _rs_number, _rs_k, _rs_said, _rs_space, _rs_apart, -- Of several examples the mean, less half the mean of those against: its product with a unit vector is the mean of
-- the cosines with the ones, less half the mean of the cosines with the others.
CASE
    WHEN len(_rs_for) = 1 AND len(_rs_against) = 0 THEN _rs_for[1]
    ELSE list_transform(range(1, len(_rs_for[1]) + 1), lambda _rs_d:
        list_avg(list_transform(_rs_for, lambda _rs_x: _rs_x[_rs_d]))
        - coalesce(0.5e0 * list_avg(list_transform(_rs_against, lambda _rs_x: _rs_x[_rs_d])), 0e0))
END AS _rs_vector
    FROM (
        SELECT
            *, list_transform(list_filter(_rs_sides, lambda _rs_x: _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_for,
            list_transform(list_filter(_rs_sides, lambda _rs_x: NOT _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_against
        FROM _rs_sides
        WHERE _rs_space IS NOT NULL
    ) AS _rs_s
),
-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."movie_vectors" AS _rs_v
        JOIN (
            SELECT movie_id AS _rs_id
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.movie_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_checked
    WHERE _rs_k IS NULL OR len(_rs_spaces) = 0 OR _rs_said IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (movie, disliked, k := 10, store := NULL, space := ['hybrid', 'collaborative', 'content'], filter := NULL) AS TABLE (
-- The items most like one item, or several, with what similar.sql does not know: every candidate is ranked.
WITH
_rs_args AS (
    SELECT CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END AS _rs_of, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, * EXCLUDE _rs_given
    FROM (
        SELECT movie AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, CASE
    WHEN typeof(space) LIKE '%]' THEN TRY_CAST(space AS VARCHAR[])
    ELSE [CAST(space AS VARCHAR)]
END AS _rs_spaces, true AS _rs_said,
        CASE
    WHEN typeof(disliked) LIKE '%]' THEN coalesce(TRY_CAST(disliked AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(disliked) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_movies: disliked must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_disliked, regexp_matches(typeof(disliked), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_disliked_is_number
    ) AS _rs_i
),
_rs_checked AS (
    SELECT
        * REPLACE (CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN (len(_rs_spaces) > 0 AND len(_rs_wrong) = 0) OR _rs_spaces = ['hybrid', 'collaborative', 'content'] THEN _rs_spaces
            ELSE CAST(error('similar_movies: there is no space '
                || coalesce(nullif(array_to_string(list_transform(_rs_wrong,
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS VARCHAR[])
        END AS _rs_spaces)
    FROM (
        SELECT *, list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)) AS _rs_wrong
        FROM _rs_args, (
            SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
            FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'movies'
        ) AS _rs_spaces_of_catalog
    ) AS _rs_w
),
_rs_named AS (
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_is_number, 1 AS _rs_role, unnest(_rs_of) AS _rs_text FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_disliked_is_number, -1, unnest(_rs_disliked) FROM _rs_checked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        _rs_of, _rs_k, _rs_spaces, _rs_said, list(DISTINCT _rs_id) AS _rs_apart,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = 1), []) AS _rs_liked,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = -1), []) AS _rs_disliked
    FROM _rs_meant
    WHERE _rs_id IS NOT NULL
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said
),
_rs_sides AS (
    SELECT
        _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart,
        arg_min(_rs_v.space, list_position(_rs_a._rs_spaces, _rs_v.space)) FILTER (_rs_a._rs_is_liked) AS _rs_space,
        list({'space': _rs_v.space, 'is_liked': _rs_a._rs_is_liked, 'vector': CAST(_rs_v.vector AS DOUBLE[])}
            ORDER BY _rs_a._rs_id ASC) AS _rs_sides
    FROM (
        SELECT
            *, unnest(list_concat(_rs_liked, _rs_disliked)) AS _rs_id,
            unnest(range(1, len(_rs_liked) + len(_rs_disliked) + 1)) <= len(_rs_liked) AS _rs_is_liked
        FROM _rs_asked
    ) AS _rs_a
    JOIN "rec_store".main."movie_vectors" AS _rs_v ON _rs_v.movie_id = _rs_a._rs_id AND list_contains(_rs_a._rs_spaces, _rs_v.space)
    GROUP BY _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart
),
_rs_questions AS (
    SELECT _rs_of AS _rs_number, _rs_k, _rs_said, _rs_space, _rs_apart, -- Of several examples the mean, less half the mean of those against: its product with a unit vector is the mean of
-- the cosines with the ones, less half the mean of the cosines with the others.
CASE
    WHEN len(_rs_for) = 1 AND len(_rs_against) = 0 THEN _rs_for[1]
    ELSE list_transform(range(1, len(_rs_for[1]) + 1), lambda _rs_d:
        list_avg(list_transform(_rs_for, lambda _rs_x: _rs_x[_rs_d]))
        - coalesce(0.5e0 * list_avg(list_transform(_rs_against, lambda _rs_x: _rs_x[_rs_d])), 0e0))
END AS _rs_vector
    FROM (
        SELECT
            *, list_transform(list_filter(_rs_sides, lambda _rs_x: _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_for,
            list_transform(list_filter(_rs_sides, lambda _rs_x: NOT _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_against
        FROM _rs_sides
        WHERE _rs_space IS NOT NULL
    ) AS _rs_s
),
-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."movie_vectors" AS _rs_v
        JOIN (
            SELECT movie_id AS _rs_id
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.movie_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_checked
    WHERE _rs_k IS NULL OR len(_rs_spaces) = 0 OR _rs_said IS NULL OR _rs_disliked IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (movie, exclude, k := 10, store := NULL, space := ['hybrid', 'collaborative', 'content'], filter := NULL, disliked := NULL) AS TABLE (
-- The items most like one item, or several, with what similar.sql does not know: every candidate is ranked.
WITH
_rs_args AS (
    SELECT CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END AS _rs_of, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, * EXCLUDE _rs_given
    FROM (
        SELECT movie AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, CASE
    WHEN typeof(space) LIKE '%]' THEN TRY_CAST(space AS VARCHAR[])
    ELSE [CAST(space AS VARCHAR)]
END AS _rs_spaces, true AS _rs_said,
        CASE
    WHEN typeof(disliked) LIKE '%]' THEN coalesce(TRY_CAST(disliked AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(disliked) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_movies: disliked must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_disliked, regexp_matches(typeof(disliked), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_disliked_is_number,
        CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_exclude, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_exclude_is_number
    ) AS _rs_i
),
_rs_checked AS (
    SELECT
        * REPLACE (CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN (len(_rs_spaces) > 0 AND len(_rs_wrong) = 0) OR _rs_spaces = ['hybrid', 'collaborative', 'content'] THEN _rs_spaces
            ELSE CAST(error('similar_movies: there is no space '
                || coalesce(nullif(array_to_string(list_transform(_rs_wrong,
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS VARCHAR[])
        END AS _rs_spaces)
    FROM (
        SELECT *, list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)) AS _rs_wrong
        FROM _rs_args, (
            SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
            FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'movies'
        ) AS _rs_spaces_of_catalog
    ) AS _rs_w
),
_rs_named AS (
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_is_number, 1 AS _rs_role, unnest(_rs_of) AS _rs_text FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_disliked_is_number, -1, unnest(_rs_disliked) FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_exclude_is_number, 0, unnest(_rs_exclude) FROM _rs_checked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        _rs_of, _rs_k, _rs_spaces, _rs_said, list(DISTINCT _rs_id) AS _rs_apart,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = 1), []) AS _rs_liked,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = -1), []) AS _rs_disliked
    FROM _rs_meant
    WHERE _rs_id IS NOT NULL
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said
),
_rs_sides AS (
    SELECT
        _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart,
        arg_min(_rs_v.space, list_position(_rs_a._rs_spaces, _rs_v.space)) FILTER (_rs_a._rs_is_liked) AS _rs_space,
        list({'space': _rs_v.space, 'is_liked': _rs_a._rs_is_liked, 'vector': CAST(_rs_v.vector AS DOUBLE[])}
            ORDER BY _rs_a._rs_id ASC) AS _rs_sides
    FROM (
        SELECT
            *, unnest(list_concat(_rs_liked, _rs_disliked)) AS _rs_id,
            unnest(range(1, len(_rs_liked) + len(_rs_disliked) + 1)) <= len(_rs_liked) AS _rs_is_liked
        FROM _rs_asked
    ) AS _rs_a
    JOIN "rec_store".main."movie_vectors" AS _rs_v ON _rs_v.movie_id = _rs_a._rs_id AND list_contains(_rs_a._rs_spaces, _rs_v.space)
    GROUP BY _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart
),
_rs_questions AS (
    SELECT _rs_of AS _rs_number, _rs_k, _rs_said, _rs_space, _rs_apart, -- Of several examples the mean, less half the mean of those against: its product with a unit vector is the mean of
-- the cosines with the ones, less half the mean of the cosines with the others.
CASE
    WHEN len(_rs_for) = 1 AND len(_rs_against) = 0 THEN _rs_for[1]
    ELSE list_transform(range(1, len(_rs_for[1]) + 1), lambda _rs_d:
        list_avg(list_transform(_rs_for, lambda _rs_x: _rs_x[_rs_d]))
        - coalesce(0.5e0 * list_avg(list_transform(_rs_against, lambda _rs_x: _rs_x[_rs_d])), 0e0))
END AS _rs_vector
    FROM (
        SELECT
            *, list_transform(list_filter(_rs_sides, lambda _rs_x: _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_for,
            list_transform(list_filter(_rs_sides, lambda _rs_x: NOT _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_against
        FROM _rs_sides
        WHERE _rs_space IS NOT NULL
    ) AS _rs_s
),
-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."movie_vectors" AS _rs_v
        JOIN (
            SELECT movie_id AS _rs_id
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.movie_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_checked
    WHERE _rs_k IS NULL OR len(_rs_spaces) = 0 OR _rs_said IS NULL OR _rs_disliked IS NULL OR _rs_exclude IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (movie, boost, k := 10, store := NULL, space := ['hybrid', 'collaborative', 'content'], filter := NULL, disliked := NULL, exclude := NULL) AS TABLE (
-- The items most like one item, or several, with what similar.sql does not know: every candidate is ranked.
WITH
_rs_args AS (
    SELECT CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END AS _rs_of, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, * EXCLUDE _rs_given
    FROM (
        SELECT movie AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, CASE
    WHEN typeof(space) LIKE '%]' THEN TRY_CAST(space AS VARCHAR[])
    ELSE [CAST(space AS VARCHAR)]
END AS _rs_spaces, true AS _rs_said,
        CASE
    WHEN typeof(disliked) LIKE '%]' THEN coalesce(TRY_CAST(disliked AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(disliked) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_movies: disliked must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_disliked, regexp_matches(typeof(disliked), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_disliked_is_number,
        CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_exclude, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_exclude_is_number
    ) AS _rs_i
),
_rs_checked AS (
    SELECT
        * REPLACE (CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN (len(_rs_spaces) > 0 AND len(_rs_wrong) = 0) OR _rs_spaces = ['hybrid', 'collaborative', 'content'] THEN _rs_spaces
            ELSE CAST(error('similar_movies: there is no space '
                || coalesce(nullif(array_to_string(list_transform(_rs_wrong,
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS VARCHAR[])
        END AS _rs_spaces)
    FROM (
        SELECT *, list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)) AS _rs_wrong
        FROM _rs_args, (
            SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
            FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'movies'
        ) AS _rs_spaces_of_catalog
    ) AS _rs_w
),
_rs_named AS (
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_is_number, 1 AS _rs_role, unnest(_rs_of) AS _rs_text FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_disliked_is_number, -1, unnest(_rs_disliked) FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_exclude_is_number, 0, unnest(_rs_exclude) FROM _rs_checked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        _rs_of, _rs_k, _rs_spaces, _rs_said, list(DISTINCT _rs_id) AS _rs_apart,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = 1), []) AS _rs_liked,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = -1), []) AS _rs_disliked
    FROM _rs_meant
    WHERE _rs_id IS NOT NULL
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said
),
_rs_sides AS (
    SELECT
        _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart,
        arg_min(_rs_v.space, list_position(_rs_a._rs_spaces, _rs_v.space)) FILTER (_rs_a._rs_is_liked) AS _rs_space,
        list({'space': _rs_v.space, 'is_liked': _rs_a._rs_is_liked, 'vector': CAST(_rs_v.vector AS DOUBLE[])}
            ORDER BY _rs_a._rs_id ASC) AS _rs_sides
    FROM (
        SELECT
            *, unnest(list_concat(_rs_liked, _rs_disliked)) AS _rs_id,
            unnest(range(1, len(_rs_liked) + len(_rs_disliked) + 1)) <= len(_rs_liked) AS _rs_is_liked
        FROM _rs_asked
    ) AS _rs_a
    JOIN "rec_store".main."movie_vectors" AS _rs_v ON _rs_v.movie_id = _rs_a._rs_id AND list_contains(_rs_a._rs_spaces, _rs_v.space)
    GROUP BY _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart
),
_rs_questions AS (
    SELECT _rs_of AS _rs_number, _rs_k, _rs_said, _rs_space, _rs_apart, -- Of several examples the mean, less half the mean of those against: its product with a unit vector is the mean of
-- the cosines with the ones, less half the mean of the cosines with the others.
CASE
    WHEN len(_rs_for) = 1 AND len(_rs_against) = 0 THEN _rs_for[1]
    ELSE list_transform(range(1, len(_rs_for[1]) + 1), lambda _rs_d:
        list_avg(list_transform(_rs_for, lambda _rs_x: _rs_x[_rs_d]))
        - coalesce(0.5e0 * list_avg(list_transform(_rs_against, lambda _rs_x: _rs_x[_rs_d])), 0e0))
END AS _rs_vector
    FROM (
        SELECT
            *, list_transform(list_filter(_rs_sides, lambda _rs_x: _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_for,
            list_transform(list_filter(_rs_sides, lambda _rs_x: NOT _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_against
        FROM _rs_sides
        WHERE _rs_space IS NOT NULL
    ) AS _rs_s
),
-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(greatest(least(round(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('similar_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 2e9), -2e9) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."movie_vectors" AS _rs_v
        JOIN (
            SELECT movie_id AS _rs_id, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.movie_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_checked
    WHERE _rs_k IS NULL OR len(_rs_spaces) = 0 OR _rs_said IS NULL OR _rs_disliked IS NULL OR _rs_exclude IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (movie, popularity, k := 10, store := NULL, space := ['hybrid', 'collaborative', 'content'], filter := NULL, disliked := NULL, exclude := NULL, boost := NULL) AS TABLE (
-- The items most like one item, or several, with what similar.sql does not know: every candidate is ranked.
WITH
_rs_args AS (
    SELECT CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END AS _rs_of, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, * EXCLUDE _rs_given
    FROM (
        SELECT movie AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, CASE
    WHEN typeof(space) LIKE '%]' THEN TRY_CAST(space AS VARCHAR[])
    ELSE [CAST(space AS VARCHAR)]
END AS _rs_spaces, {'popularity': CASE
    WHEN popularity IS NULL THEN 0e0
    WHEN TRY_CAST(popularity AS DOUBLE) BETWEEN -1 AND 1 THEN TRY_CAST(popularity AS DOUBLE)
    ELSE CAST(error('similar_movies: popularity must be a number from -1 to 1, not ' || CAST(popularity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said,
        CASE
    WHEN typeof(disliked) LIKE '%]' THEN coalesce(TRY_CAST(disliked AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(disliked) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_movies: disliked must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_disliked, regexp_matches(typeof(disliked), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_disliked_is_number,
        CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_exclude, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_exclude_is_number
    ) AS _rs_i
),
_rs_checked AS (
    SELECT
        * REPLACE (CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN (len(_rs_spaces) > 0 AND len(_rs_wrong) = 0) OR _rs_spaces = ['hybrid', 'collaborative', 'content'] THEN _rs_spaces
            ELSE CAST(error('similar_movies: there is no space '
                || coalesce(nullif(array_to_string(list_transform(_rs_wrong,
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS VARCHAR[])
        END AS _rs_spaces)
    FROM (
        SELECT *, list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)) AS _rs_wrong
        FROM _rs_args, (
            SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
            FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'movies'
        ) AS _rs_spaces_of_catalog
    ) AS _rs_w
),
_rs_named AS (
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_is_number, 1 AS _rs_role, unnest(_rs_of) AS _rs_text FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_disliked_is_number, -1, unnest(_rs_disliked) FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_exclude_is_number, 0, unnest(_rs_exclude) FROM _rs_checked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        _rs_of, _rs_k, _rs_spaces, _rs_said, list(DISTINCT _rs_id) AS _rs_apart,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = 1), []) AS _rs_liked,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = -1), []) AS _rs_disliked
    FROM _rs_meant
    WHERE _rs_id IS NOT NULL
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said
),
_rs_sides AS (
    SELECT
        _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart,
        arg_min(_rs_v.space, list_position(_rs_a._rs_spaces, _rs_v.space)) FILTER (_rs_a._rs_is_liked) AS _rs_space,
        list({'space': _rs_v.space, 'is_liked': _rs_a._rs_is_liked, 'vector': CAST(_rs_v.vector AS DOUBLE[])}
            ORDER BY _rs_a._rs_id ASC) AS _rs_sides
    FROM (
        SELECT
            *, unnest(list_concat(_rs_liked, _rs_disliked)) AS _rs_id,
            unnest(range(1, len(_rs_liked) + len(_rs_disliked) + 1)) <= len(_rs_liked) AS _rs_is_liked
        FROM _rs_asked
    ) AS _rs_a
    JOIN "rec_store".main."movie_vectors" AS _rs_v ON _rs_v.movie_id = _rs_a._rs_id AND list_contains(_rs_a._rs_spaces, _rs_v.space)
    GROUP BY _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart
),
_rs_questions AS (
    SELECT _rs_of AS _rs_number, _rs_k, _rs_said, _rs_space, _rs_apart, -- Of several examples the mean, less half the mean of those against: its product with a unit vector is the mean of
-- the cosines with the ones, less half the mean of the cosines with the others.
CASE
    WHEN len(_rs_for) = 1 AND len(_rs_against) = 0 THEN _rs_for[1]
    ELSE list_transform(range(1, len(_rs_for[1]) + 1), lambda _rs_d:
        list_avg(list_transform(_rs_for, lambda _rs_x: _rs_x[_rs_d]))
        - coalesce(0.5e0 * list_avg(list_transform(_rs_against, lambda _rs_x: _rs_x[_rs_d])), 0e0))
END AS _rs_vector
    FROM (
        SELECT
            *, list_transform(list_filter(_rs_sides, lambda _rs_x: _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_for,
            list_transform(list_filter(_rs_sides, lambda _rs_x: NOT _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_against
        FROM _rs_sides
        WHERE _rs_space IS NOT NULL
    ) AS _rs_s
),
-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(greatest(least(round(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('similar_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END * (1e0 + _rs_q._rs_said.popularity * _rs_c._rs_share)), 2e9), -2e9) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."movie_vectors" AS _rs_v
        JOIN (
            SELECT movie_id AS _rs_id, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost, -- How popular an item is beside the most popular: from -1, chosen by nobody, to 1.
coalesce(2e0 * ln(1e0 + greatest(coalesce(n_ratings, 0), 0))
    / nullif((SELECT ln(1e0 + max(_rs_m.n_ratings)) FROM "rec_store".main."movies" AS _rs_m), 0e0) - 1e0, 0e0) AS _rs_share
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.movie_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_checked
    WHERE _rs_k IS NULL OR len(_rs_spaces) = 0 OR _rs_said IS NULL OR _rs_disliked IS NULL OR _rs_exclude IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (movie, diversity, k := 10, store := NULL, space := ['hybrid', 'collaborative', 'content'], filter := NULL, disliked := NULL, exclude := NULL, boost := NULL, popularity := NULL) AS TABLE (
-- The items most like one item, or several, with what similar.sql does not know: every candidate is ranked.
WITH
_rs_args AS (
    SELECT CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END AS _rs_of, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, * EXCLUDE _rs_given
    FROM (
        SELECT movie AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, CASE
    WHEN typeof(space) LIKE '%]' THEN TRY_CAST(space AS VARCHAR[])
    ELSE [CAST(space AS VARCHAR)]
END AS _rs_spaces, {'popularity': CASE
    WHEN popularity IS NULL THEN 0e0
    WHEN TRY_CAST(popularity AS DOUBLE) BETWEEN -1 AND 1 THEN TRY_CAST(popularity AS DOUBLE)
    ELSE CAST(error('similar_movies: popularity must be a number from -1 to 1, not ' || CAST(popularity AS VARCHAR)) AS DOUBLE)
END, 'diversity': CASE
    WHEN diversity IS NULL THEN 0e0
    WHEN TRY_CAST(diversity AS DOUBLE) BETWEEN 0 AND 1 THEN TRY_CAST(diversity AS DOUBLE)
    ELSE CAST(error('similar_movies: diversity must be a number from 0 to 1, not ' || CAST(diversity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said,
        CASE
    WHEN typeof(disliked) LIKE '%]' THEN coalesce(TRY_CAST(disliked AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(disliked) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_movies: disliked must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_disliked, regexp_matches(typeof(disliked), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_disliked_is_number,
        CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_exclude, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_exclude_is_number
    ) AS _rs_i
),
_rs_checked AS (
    SELECT
        * REPLACE (CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN (len(_rs_spaces) > 0 AND len(_rs_wrong) = 0) OR _rs_spaces = ['hybrid', 'collaborative', 'content'] THEN _rs_spaces
            ELSE CAST(error('similar_movies: there is no space '
                || coalesce(nullif(array_to_string(list_transform(_rs_wrong,
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS VARCHAR[])
        END AS _rs_spaces)
    FROM (
        SELECT *, list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)) AS _rs_wrong
        FROM _rs_args, (
            SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
            FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'movies'
        ) AS _rs_spaces_of_catalog
    ) AS _rs_w
),
_rs_named AS (
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_is_number, 1 AS _rs_role, unnest(_rs_of) AS _rs_text FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_disliked_is_number, -1, unnest(_rs_disliked) FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_exclude_is_number, 0, unnest(_rs_exclude) FROM _rs_checked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        _rs_of, _rs_k, _rs_spaces, _rs_said, list(DISTINCT _rs_id) AS _rs_apart,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = 1), []) AS _rs_liked,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = -1), []) AS _rs_disliked
    FROM _rs_meant
    WHERE _rs_id IS NOT NULL
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said
),
_rs_sides AS (
    SELECT
        _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart,
        arg_min(_rs_v.space, list_position(_rs_a._rs_spaces, _rs_v.space)) FILTER (_rs_a._rs_is_liked) AS _rs_space,
        list({'space': _rs_v.space, 'is_liked': _rs_a._rs_is_liked, 'vector': CAST(_rs_v.vector AS DOUBLE[])}
            ORDER BY _rs_a._rs_id ASC) AS _rs_sides
    FROM (
        SELECT
            *, unnest(list_concat(_rs_liked, _rs_disliked)) AS _rs_id,
            unnest(range(1, len(_rs_liked) + len(_rs_disliked) + 1)) <= len(_rs_liked) AS _rs_is_liked
        FROM _rs_asked
    ) AS _rs_a
    JOIN "rec_store".main."movie_vectors" AS _rs_v ON _rs_v.movie_id = _rs_a._rs_id AND list_contains(_rs_a._rs_spaces, _rs_v.space)
    GROUP BY _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart
),
_rs_questions AS (
    SELECT _rs_of AS _rs_number, _rs_k, _rs_said, _rs_space, _rs_apart, -- Of several examples the mean, less half the mean of those against: its product with a unit vector is the mean of
-- the cosines with the ones, less half the mean of the cosines with the others.
CASE
    WHEN len(_rs_for) = 1 AND len(_rs_against) = 0 THEN _rs_for[1]
    ELSE list_transform(range(1, len(_rs_for[1]) + 1), lambda _rs_d:
        list_avg(list_transform(_rs_for, lambda _rs_x: _rs_x[_rs_d]))
        - coalesce(0.5e0 * list_avg(list_transform(_rs_against, lambda _rs_x: _rs_x[_rs_d])), 0e0))
END AS _rs_vector
    FROM (
        SELECT
            *, list_transform(list_filter(_rs_sides, lambda _rs_x: _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_for,
            list_transform(list_filter(_rs_sides, lambda _rs_x: NOT _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_against
        FROM _rs_sides
        WHERE _rs_space IS NOT NULL
    ) AS _rs_s
),
-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said, _rs_c._rs_vector,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(greatest(least(round(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('similar_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END * (1e0 + _rs_q._rs_said.popularity * _rs_c._rs_share)), 2e9), -2e9) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."movie_vectors" AS _rs_v
        JOIN (
            SELECT movie_id AS _rs_id, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost, -- How popular an item is beside the most popular: from -1, chosen by nobody, to 1.
coalesce(2e0 * ln(1e0 + greatest(coalesce(n_ratings, 0), 0))
    / nullif((SELECT ln(1e0 + max(_rs_m.n_ratings)) FROM "rec_store".main."movies" AS _rs_m), 0e0) - 1e0, 0e0) AS _rs_share
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.movie_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, greatest(100, 5 * _rs_k)) AS _rs_keys, arg_max(_rs_vector, _rs_key, greatest(100, 5 * _rs_k)) AS _rs_vectors
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, list_transform(_rs_places, lambda _rs_x: _rs_keys[_rs_x]) AS _rs_keys FROM (
        SELECT *, -- Maximal marginal relevance (Carbonell and Goldstein 1998): the places in _rs_vectors, one after the other, of what has
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
                        coalesce(round(list_inner_product(_rs_vectors[_rs_i], _rs_vectors[_rs_next]) * 100000), 0e0))
                END)
            }
        )[1]
    )[1]
).chosen AS _rs_places
        FROM (SELECT *, list_transform(_rs_keys, lambda _rs_x: CAST(_rs_x >> 32 AS DOUBLE)) AS _rs_relevance FROM _rs_best) AS _rs_b
    ) AS _rs_d
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_checked
    WHERE _rs_k IS NULL OR len(_rs_spaces) = 0 OR _rs_said IS NULL OR _rs_disliked IS NULL OR _rs_exclude IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
);
COMMENT ON MACRO TABLE "rec".main.similar_movies IS 'The items most like one item, or like several: similar_movies(movie, k := 10, space, disliked, filter, exclude, boost, popularity, diversity, store)';

CREATE MACRO "rec".main.nearest_movies(vector, k := 10, filter := NULL, space := 'hybrid', store := NULL) AS TABLE (
-- The items nearest to any vector of a space.
--
-- A vector of unit length (to the rounding of a FLOAT) is taken as it is, so that an item's own stored vector
-- gives the scores that the item itself would; any other vector is brought to unit length first.
WITH
_rs_args AS (
    SELECT
        CAST(vector AS DOUBLE[]) AS _rs_given,
        CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('nearest_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k,
        CAST(space AS VARCHAR) AS _rs_space
),
_rs_measured AS (
    SELECT
        *,
        list_filter(_rs_known, lambda _rs_s: _rs_s.space = _rs_space)[1].dimensions AS _rs_dimensions,
        list_sum(list_transform(_rs_given, lambda _rs_x: _rs_x * _rs_x)) AS _rs_square
    FROM _rs_args, (
        SELECT
            coalesce(list({'space': _rs_s.space, 'dimensions': _rs_s.dimensions} ORDER BY _rs_s.space ASC), []) AS _rs_known
        FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'movies'
    ) AS _rs_spaces_of_catalog
),
_rs_asked AS (
    SELECT
        _rs_k, _rs_space,
        CASE
            WHEN _rs_dimensions IS NULL THEN CAST(error('nearest_movies: there is no space '
                || coalesce('''' || _rs_space || '''', 'NULL') || '; space must be one of: '
                || coalesce(nullif(array_to_string(list_transform(_rs_known, lambda _rs_s: _rs_s.space), ', '), ''),
                    'none is there')) AS DOUBLE[])
            WHEN _rs_given IS NULL THEN NULL
            WHEN len(_rs_given) <> _rs_dimensions THEN CAST(error('nearest_movies: space ''' || _rs_space || ''' takes '
                || 'vectors of ' || CAST(_rs_dimensions AS VARCHAR) || ' numbers, not '
                || CAST(len(_rs_given) AS VARCHAR)) AS DOUBLE[])
            WHEN _rs_square IS NULL OR len(list_filter(_rs_given, lambda _rs_x: _rs_x IS NULL)) > 0
                OR NOT isfinite(_rs_square) OR _rs_square = 0
            THEN CAST(error('nearest_movies: the vector must hold finite numbers, at least one of them not 0, and be of a length '
                || 'from 1e-150 to 1e150') AS DOUBLE[])
            WHEN abs(_rs_square - 1) < 1e-6 THEN _rs_given
            ELSE list_transform(_rs_given, lambda _rs_x: _rs_x / sqrt(_rs_square))
        END AS _rs_vector
    FROM _rs_measured
),
-- Answers each row of _rs_asked: the items nearest to _rs_vector, of unit length, in _rs_space; where it is NULL, none.
_rs_questions AS (
    SELECT
        row_number() OVER () AS _rs_number, _rs_k, _rs_space, CAST([] AS INTEGER[]) AS _rs_apart, _rs_vector
    FROM _rs_asked
    WHERE _rs_vector IS NOT NULL
),

-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."movie_vectors" AS _rs_v
        JOIN (
            SELECT movie_id AS _rs_id
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.movie_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    UNION ALL
    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_asked
    WHERE len(_rs_vector) = 0 OR _rs_k IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (vector, exclude, k := 10, filter := NULL, space := 'hybrid', store := NULL) AS TABLE (
-- The items nearest to any vector of a space.
--
-- A vector of unit length (to the rounding of a FLOAT) is taken as it is, so that an item's own stored vector
-- gives the scores that the item itself would; any other vector is brought to unit length first.
WITH
_rs_args AS (
    SELECT
        CAST(vector AS DOUBLE[]) AS _rs_given,
        CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('nearest_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k,
        CAST(space AS VARCHAR) AS _rs_space, CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('nearest_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, true AS _rs_said
),
_rs_measured AS (
    SELECT
        *,
        list_filter(_rs_known, lambda _rs_s: _rs_s.space = _rs_space)[1].dimensions AS _rs_dimensions,
        list_sum(list_transform(_rs_given, lambda _rs_x: _rs_x * _rs_x)) AS _rs_square
    FROM _rs_args, (
        SELECT
            coalesce(list({'space': _rs_s.space, 'dimensions': _rs_s.dimensions} ORDER BY _rs_s.space ASC), []) AS _rs_known
        FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'movies'
    ) AS _rs_spaces_of_catalog
),
_rs_asked AS (
    SELECT
        _rs_k, _rs_space, _rs_excluded, _rs_is_number, _rs_said,
        CASE
            WHEN _rs_dimensions IS NULL THEN CAST(error('nearest_movies: there is no space '
                || coalesce('''' || _rs_space || '''', 'NULL') || '; space must be one of: '
                || coalesce(nullif(array_to_string(list_transform(_rs_known, lambda _rs_s: _rs_s.space), ', '), ''),
                    'none is there')) AS DOUBLE[])
            WHEN _rs_given IS NULL THEN NULL
            WHEN len(_rs_given) <> _rs_dimensions THEN CAST(error('nearest_movies: space ''' || _rs_space || ''' takes '
                || 'vectors of ' || CAST(_rs_dimensions AS VARCHAR) || ' numbers, not '
                || CAST(len(_rs_given) AS VARCHAR)) AS DOUBLE[])
            WHEN _rs_square IS NULL OR len(list_filter(_rs_given, lambda _rs_x: _rs_x IS NULL)) > 0
                OR NOT isfinite(_rs_square) OR _rs_square = 0
            THEN CAST(error('nearest_movies: the vector must hold finite numbers, at least one of them not 0, and be of a length '
                || 'from 1e-150 to 1e150') AS DOUBLE[])
            WHEN abs(_rs_square - 1) < 1e-6 THEN _rs_given
            ELSE list_transform(_rs_given, lambda _rs_x: _rs_x / sqrt(_rs_square))
        END AS _rs_vector
    FROM _rs_measured
),
-- Answers each row of _rs_asked: the items nearest to _rs_vector, of unit length, in _rs_space; where it is NULL, none.
_rs_named AS (
    SELECT *, 0 AS _rs_role, unnest(_rs_excluded) AS _rs_text FROM _rs_asked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector, _rs_role, _rs_text
),

_rs_questions AS (
    SELECT
        _rs_vector AS _rs_number, _rs_k, _rs_space, _rs_said, _rs_vector,
        coalesce(list(_rs_id) FILTER (_rs_id IS NOT NULL), []) AS _rs_apart
    FROM (
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, NULL AS _rs_id FROM _rs_asked WHERE _rs_vector IS NOT NULL
        UNION ALL
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_id FROM _rs_meant WHERE _rs_vector IS NOT NULL
    ) AS _rs_q
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector
),

-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."movie_vectors" AS _rs_v
        JOIN (
            SELECT movie_id AS _rs_id
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.movie_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    UNION ALL
    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_asked
    WHERE len(_rs_vector) = 0 OR _rs_k IS NULL OR _rs_said IS NULL OR _rs_excluded IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (vector, boost, k := 10, filter := NULL, space := 'hybrid', exclude := NULL, store := NULL) AS TABLE (
-- The items nearest to any vector of a space.
--
-- A vector of unit length (to the rounding of a FLOAT) is taken as it is, so that an item's own stored vector
-- gives the scores that the item itself would; any other vector is brought to unit length first.
WITH
_rs_args AS (
    SELECT
        CAST(vector AS DOUBLE[]) AS _rs_given,
        CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('nearest_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k,
        CAST(space AS VARCHAR) AS _rs_space, CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('nearest_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, true AS _rs_said
),
_rs_measured AS (
    SELECT
        *,
        list_filter(_rs_known, lambda _rs_s: _rs_s.space = _rs_space)[1].dimensions AS _rs_dimensions,
        list_sum(list_transform(_rs_given, lambda _rs_x: _rs_x * _rs_x)) AS _rs_square
    FROM _rs_args, (
        SELECT
            coalesce(list({'space': _rs_s.space, 'dimensions': _rs_s.dimensions} ORDER BY _rs_s.space ASC), []) AS _rs_known
        FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'movies'
    ) AS _rs_spaces_of_catalog
),
_rs_asked AS (
    SELECT
        _rs_k, _rs_space, _rs_excluded, _rs_is_number, _rs_said,
        CASE
            WHEN _rs_dimensions IS NULL THEN CAST(error('nearest_movies: there is no space '
                || coalesce('''' || _rs_space || '''', 'NULL') || '; space must be one of: '
                || coalesce(nullif(array_to_string(list_transform(_rs_known, lambda _rs_s: _rs_s.space), ', '), ''),
                    'none is there')) AS DOUBLE[])
            WHEN _rs_given IS NULL THEN NULL
            WHEN len(_rs_given) <> _rs_dimensions THEN CAST(error('nearest_movies: space ''' || _rs_space || ''' takes '
                || 'vectors of ' || CAST(_rs_dimensions AS VARCHAR) || ' numbers, not '
                || CAST(len(_rs_given) AS VARCHAR)) AS DOUBLE[])
            WHEN _rs_square IS NULL OR len(list_filter(_rs_given, lambda _rs_x: _rs_x IS NULL)) > 0
                OR NOT isfinite(_rs_square) OR _rs_square = 0
            THEN CAST(error('nearest_movies: the vector must hold finite numbers, at least one of them not 0, and be of a length '
                || 'from 1e-150 to 1e150') AS DOUBLE[])
            WHEN abs(_rs_square - 1) < 1e-6 THEN _rs_given
            ELSE list_transform(_rs_given, lambda _rs_x: _rs_x / sqrt(_rs_square))
        END AS _rs_vector
    FROM _rs_measured
),
-- Answers each row of _rs_asked: the items nearest to _rs_vector, of unit length, in _rs_space; where it is NULL, none.
_rs_named AS (
    SELECT *, 0 AS _rs_role, unnest(_rs_excluded) AS _rs_text FROM _rs_asked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector, _rs_role, _rs_text
),

_rs_questions AS (
    SELECT
        _rs_vector AS _rs_number, _rs_k, _rs_space, _rs_said, _rs_vector,
        coalesce(list(_rs_id) FILTER (_rs_id IS NOT NULL), []) AS _rs_apart
    FROM (
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, NULL AS _rs_id FROM _rs_asked WHERE _rs_vector IS NOT NULL
        UNION ALL
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_id FROM _rs_meant WHERE _rs_vector IS NOT NULL
    ) AS _rs_q
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector
),

-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(greatest(least(round(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('nearest_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 2e9), -2e9) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."movie_vectors" AS _rs_v
        JOIN (
            SELECT movie_id AS _rs_id, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.movie_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    UNION ALL
    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_asked
    WHERE len(_rs_vector) = 0 OR _rs_k IS NULL OR _rs_said IS NULL OR _rs_excluded IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (vector, popularity, k := 10, filter := NULL, space := 'hybrid', exclude := NULL, boost := NULL, store := NULL) AS TABLE (
-- The items nearest to any vector of a space.
--
-- A vector of unit length (to the rounding of a FLOAT) is taken as it is, so that an item's own stored vector
-- gives the scores that the item itself would; any other vector is brought to unit length first.
WITH
_rs_args AS (
    SELECT
        CAST(vector AS DOUBLE[]) AS _rs_given,
        CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('nearest_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k,
        CAST(space AS VARCHAR) AS _rs_space, CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('nearest_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, {'popularity': CASE
    WHEN popularity IS NULL THEN 0e0
    WHEN TRY_CAST(popularity AS DOUBLE) BETWEEN -1 AND 1 THEN TRY_CAST(popularity AS DOUBLE)
    ELSE CAST(error('nearest_movies: popularity must be a number from -1 to 1, not ' || CAST(popularity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said
),
_rs_measured AS (
    SELECT
        *,
        list_filter(_rs_known, lambda _rs_s: _rs_s.space = _rs_space)[1].dimensions AS _rs_dimensions,
        list_sum(list_transform(_rs_given, lambda _rs_x: _rs_x * _rs_x)) AS _rs_square
    FROM _rs_args, (
        SELECT
            coalesce(list({'space': _rs_s.space, 'dimensions': _rs_s.dimensions} ORDER BY _rs_s.space ASC), []) AS _rs_known
        FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'movies'
    ) AS _rs_spaces_of_catalog
),
_rs_asked AS (
    SELECT
        _rs_k, _rs_space, _rs_excluded, _rs_is_number, _rs_said,
        CASE
            WHEN _rs_dimensions IS NULL THEN CAST(error('nearest_movies: there is no space '
                || coalesce('''' || _rs_space || '''', 'NULL') || '; space must be one of: '
                || coalesce(nullif(array_to_string(list_transform(_rs_known, lambda _rs_s: _rs_s.space), ', '), ''),
                    'none is there')) AS DOUBLE[])
            WHEN _rs_given IS NULL THEN NULL
            WHEN len(_rs_given) <> _rs_dimensions THEN CAST(error('nearest_movies: space ''' || _rs_space || ''' takes '
                || 'vectors of ' || CAST(_rs_dimensions AS VARCHAR) || ' numbers, not '
                || CAST(len(_rs_given) AS VARCHAR)) AS DOUBLE[])
            WHEN _rs_square IS NULL OR len(list_filter(_rs_given, lambda _rs_x: _rs_x IS NULL)) > 0
                OR NOT isfinite(_rs_square) OR _rs_square = 0
            THEN CAST(error('nearest_movies: the vector must hold finite numbers, at least one of them not 0, and be of a length '
                || 'from 1e-150 to 1e150') AS DOUBLE[])
            WHEN abs(_rs_square - 1) < 1e-6 THEN _rs_given
            ELSE list_transform(_rs_given, lambda _rs_x: _rs_x / sqrt(_rs_square))
        END AS _rs_vector
    FROM _rs_measured
),
-- Answers each row of _rs_asked: the items nearest to _rs_vector, of unit length, in _rs_space; where it is NULL, none.
_rs_named AS (
    SELECT *, 0 AS _rs_role, unnest(_rs_excluded) AS _rs_text FROM _rs_asked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector, _rs_role, _rs_text
),

_rs_questions AS (
    SELECT
        _rs_vector AS _rs_number, _rs_k, _rs_space, _rs_said, _rs_vector,
        coalesce(list(_rs_id) FILTER (_rs_id IS NOT NULL), []) AS _rs_apart
    FROM (
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, NULL AS _rs_id FROM _rs_asked WHERE _rs_vector IS NOT NULL
        UNION ALL
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_id FROM _rs_meant WHERE _rs_vector IS NOT NULL
    ) AS _rs_q
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector
),

-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(greatest(least(round(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('nearest_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END * (1e0 + _rs_q._rs_said.popularity * _rs_c._rs_share)), 2e9), -2e9) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."movie_vectors" AS _rs_v
        JOIN (
            SELECT movie_id AS _rs_id, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost, -- How popular an item is beside the most popular: from -1, chosen by nobody, to 1.
coalesce(2e0 * ln(1e0 + greatest(coalesce(n_ratings, 0), 0))
    / nullif((SELECT ln(1e0 + max(_rs_m.n_ratings)) FROM "rec_store".main."movies" AS _rs_m), 0e0) - 1e0, 0e0) AS _rs_share
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.movie_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    UNION ALL
    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_asked
    WHERE len(_rs_vector) = 0 OR _rs_k IS NULL OR _rs_said IS NULL OR _rs_excluded IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (vector, diversity, k := 10, filter := NULL, space := 'hybrid', exclude := NULL, boost := NULL, popularity := NULL, store := NULL) AS TABLE (
-- The items nearest to any vector of a space.
--
-- A vector of unit length (to the rounding of a FLOAT) is taken as it is, so that an item's own stored vector
-- gives the scores that the item itself would; any other vector is brought to unit length first.
WITH
_rs_args AS (
    SELECT
        CAST(vector AS DOUBLE[]) AS _rs_given,
        CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('nearest_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k,
        CAST(space AS VARCHAR) AS _rs_space, CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('nearest_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, {'popularity': CASE
    WHEN popularity IS NULL THEN 0e0
    WHEN TRY_CAST(popularity AS DOUBLE) BETWEEN -1 AND 1 THEN TRY_CAST(popularity AS DOUBLE)
    ELSE CAST(error('nearest_movies: popularity must be a number from -1 to 1, not ' || CAST(popularity AS VARCHAR)) AS DOUBLE)
END, 'diversity': CASE
    WHEN diversity IS NULL THEN 0e0
    WHEN TRY_CAST(diversity AS DOUBLE) BETWEEN 0 AND 1 THEN TRY_CAST(diversity AS DOUBLE)
    ELSE CAST(error('nearest_movies: diversity must be a number from 0 to 1, not ' || CAST(diversity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said
),
_rs_measured AS (
    SELECT
        *,
        list_filter(_rs_known, lambda _rs_s: _rs_s.space = _rs_space)[1].dimensions AS _rs_dimensions,
        list_sum(list_transform(_rs_given, lambda _rs_x: _rs_x * _rs_x)) AS _rs_square
    FROM _rs_args, (
        SELECT
            coalesce(list({'space': _rs_s.space, 'dimensions': _rs_s.dimensions} ORDER BY _rs_s.space ASC), []) AS _rs_known
        FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'movies'
    ) AS _rs_spaces_of_catalog
),
_rs_asked AS (
    SELECT
        _rs_k, _rs_space, _rs_excluded, _rs_is_number, _rs_said,
        CASE
            WHEN _rs_dimensions IS NULL THEN CAST(error('nearest_movies: there is no space '
                || coalesce('''' || _rs_space || '''', 'NULL') || '; space must be one of: '
                || coalesce(nullif(array_to_string(list_transform(_rs_known, lambda _rs_s: _rs_s.space), ', '), ''),
                    'none is there')) AS DOUBLE[])
            WHEN _rs_given IS NULL THEN NULL
            WHEN len(_rs_given) <> _rs_dimensions THEN CAST(error('nearest_movies: space ''' || _rs_space || ''' takes '
                || 'vectors of ' || CAST(_rs_dimensions AS VARCHAR) || ' numbers, not '
                || CAST(len(_rs_given) AS VARCHAR)) AS DOUBLE[])
            WHEN _rs_square IS NULL OR len(list_filter(_rs_given, lambda _rs_x: _rs_x IS NULL)) > 0
                OR NOT isfinite(_rs_square) OR _rs_square = 0
            THEN CAST(error('nearest_movies: the vector must hold finite numbers, at least one of them not 0, and be of a length '
                || 'from 1e-150 to 1e150') AS DOUBLE[])
            WHEN abs(_rs_square - 1) < 1e-6 THEN _rs_given
            ELSE list_transform(_rs_given, lambda _rs_x: _rs_x / sqrt(_rs_square))
        END AS _rs_vector
    FROM _rs_measured
),
-- Answers each row of _rs_asked: the items nearest to _rs_vector, of unit length, in _rs_space; where it is NULL, none.
_rs_named AS (
    SELECT *, 0 AS _rs_role, unnest(_rs_excluded) AS _rs_text FROM _rs_asked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector, _rs_role, _rs_text
),

_rs_questions AS (
    SELECT
        _rs_vector AS _rs_number, _rs_k, _rs_space, _rs_said, _rs_vector,
        coalesce(list(_rs_id) FILTER (_rs_id IS NOT NULL), []) AS _rs_apart
    FROM (
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, NULL AS _rs_id FROM _rs_asked WHERE _rs_vector IS NOT NULL
        UNION ALL
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_id FROM _rs_meant WHERE _rs_vector IS NOT NULL
    ) AS _rs_q
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector
),

-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said, _rs_c._rs_vector,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(greatest(least(round(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('nearest_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END * (1e0 + _rs_q._rs_said.popularity * _rs_c._rs_share)), 2e9), -2e9) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."movie_vectors" AS _rs_v
        JOIN (
            SELECT movie_id AS _rs_id, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost, -- How popular an item is beside the most popular: from -1, chosen by nobody, to 1.
coalesce(2e0 * ln(1e0 + greatest(coalesce(n_ratings, 0), 0))
    / nullif((SELECT ln(1e0 + max(_rs_m.n_ratings)) FROM "rec_store".main."movies" AS _rs_m), 0e0) - 1e0, 0e0) AS _rs_share
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.movie_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, greatest(100, 5 * _rs_k)) AS _rs_keys, arg_max(_rs_vector, _rs_key, greatest(100, 5 * _rs_k)) AS _rs_vectors
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, list_transform(_rs_places, lambda _rs_x: _rs_keys[_rs_x]) AS _rs_keys FROM (
        SELECT *, -- Maximal marginal relevance (Carbonell and Goldstein 1998): the places in _rs_vectors, one after the other, of what has
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
                        coalesce(round(list_inner_product(_rs_vectors[_rs_i], _rs_vectors[_rs_next]) * 100000), 0e0))
                END)
            }
        )[1]
    )[1]
).chosen AS _rs_places
        FROM (SELECT *, list_transform(_rs_keys, lambda _rs_x: CAST(_rs_x >> 32 AS DOUBLE)) AS _rs_relevance FROM _rs_best) AS _rs_b
    ) AS _rs_d
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    UNION ALL
    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_asked
    WHERE len(_rs_vector) = 0 OR _rs_k IS NULL OR _rs_said IS NULL OR _rs_excluded IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
);
COMMENT ON MACRO TABLE "rec".main.nearest_movies IS 'The items nearest to a vector of a space: nearest_movies(vector, k := 10, space, filter, exclude, boost, popularity, diversity, store)';

CREATE MACRO "rec".main.find_movies(words, k := 10, store := NULL) AS TABLE (
-- Items by words, in any order, ignoring case and accents.
--
-- The rows are those that match the most of the words: all of them where any item does. A word matches a word
-- of the name that begins with it; names with more whole words come first, then the preferred ones.
WITH
_rs_args AS (
    SELECT
        CAST(list_distinct(regexp_extract_all(
            strip_accents(lower(CAST(words AS VARCHAR))), '[\p{L}\p{N}]+')) AS VARCHAR[]) AS _rs_words,
        CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('find_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k
),
_rs_items AS (
    SELECT
        _rs_i.movie_id AS _rs_id, _rs_i.n_ratings AS _rs_preference,
        strip_accents(lower(_rs_i.title)) AS _rs_lower
    FROM "rec_store".main."movies" AS _rs_i
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
            ORDER BY _rs_whole DESC, _rs_preference DESC NULLS LAST, _rs_id ASC
        ) AS _rs_rank,
        _rs_k, _rs_id, CAST(CAST(_rs_matched AS DOUBLE) / len(_rs_words) AS FLOAT) AS _rs_score
    FROM _rs_counted
    JOIN _rs_best ON _rs_best_words = _rs_words AND _rs_best_matched = _rs_matched
    WHERE _rs_matched > 0
)
SELECT CAST(_rs_r._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
WHERE _rs_r._rs_rank <= _rs_r._rs_k
ORDER BY _rs_r._rs_rank ASC
);
COMMENT ON MACRO TABLE "rec".main.find_movies IS 'The items whose words match: find_movies(words, k := 10, store)';

CREATE MACRO "rec".main.movies_about(words, k := 10, filter := NULL, store := NULL) AS TABLE (
-- The items that words are about: the nearest to what the words weigh in the space that its terms belong to.
--
-- Words are taken for terms as the items' own were. The counts of the terms that are known times their inverse document
-- frequencies times where they point, added up, is the vector that scikit-learn's TfidfVectorizer and TruncatedSVD give
-- but for its length.
WITH
_rs_args AS (
    SELECT
        CAST(words AS VARCHAR) AS _rs_text,
        CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('movies_about: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k
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
    JOIN "rec_store".main."movie_terms" AS _rs_t ON _rs_t.term = _rs_c._rs_word
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
        _rs_a._rs_k, 'content' AS _rs_space,
        -- What the space holds next to nothing of has no direction there, as with the items themselves.
        CASE
            WHEN list_inner_product(_rs_v._rs_sum, _rs_v._rs_sum) > 1e-12 * _rs_v._rs_square
            THEN list_transform(_rs_v._rs_sum, lambda _rs_x: _rs_x / sqrt(list_inner_product(_rs_v._rs_sum, _rs_v._rs_sum)))
        END AS _rs_vector
    FROM _rs_args AS _rs_a
    LEFT JOIN _rs_added AS _rs_v ON _rs_v._rs_of = _rs_a._rs_text
),
-- Answers each row of _rs_asked: the items nearest to _rs_vector, of unit length, in _rs_space; where it is NULL, none.
_rs_questions AS (
    SELECT
        row_number() OVER () AS _rs_number, _rs_k, _rs_space, CAST([] AS INTEGER[]) AS _rs_apart, _rs_vector
    FROM _rs_asked
    WHERE _rs_vector IS NOT NULL
),

-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."movie_vectors" AS _rs_v
        JOIN (
            SELECT movie_id AS _rs_id
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.movie_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    UNION ALL
    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_asked
    WHERE len(_rs_vector) = 0 OR _rs_k IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
);
COMMENT ON MACRO TABLE "rec".main.movies_about IS 'The items that words are about: movies_about(words, k := 10, filter, store)';

CREATE MACRO "rec".main.recommend_movies(user_id, k := 10, filter := NULL) AS TABLE (
-- What a person in the ratings wants next.
--
-- The history is read when the question is asked: an interaction counts as soon as it is there. Those of one moment are
-- equally far back: as far as the mean of their places. Somebody without any is given the most popular; nobody
-- (NULL) is given nothing.
WITH
_rs_seen AS (
    SELECT _rs_b.movie_id AS _rs_id, _rs_b.rating AS _rs_rating, _rs_b.rated_at AS _rs_at
    FROM (
        SELECT CASE
            WHEN TRY_CAST(CAST(user_id AS VARCHAR) AS DOUBLE) = TRY_CAST(CAST(user_id AS VARCHAR) AS BIGINT)
            THEN TRY_CAST(CAST(user_id AS VARCHAR) AS BIGINT)
            WHEN user_id IS NOT NULL
            THEN CAST(error('recommend_movies: user_id must be a whole number, not ' || CAST(user_id AS VARCHAR)) AS BIGINT)
        END AS _rs_user
    ) AS _rs_a
    JOIN "rec_store".main."ratings" AS _rs_b ON _rs_b.user_id = _rs_a._rs_user
),
_rs_history AS (
    SELECT
        _rs_id, _rs_counts * _rs_back ** (-0.8) AS _rs_taste,
        _rs_counts * 0.93 ** _rs_back AS _rs_next, _rs_first <= 20 AS _rs_is_late
    FROM (
        SELECT
            _rs_id, CASE WHEN _rs_rating < 3.0 THEN 0.75 ELSE 1.0 END AS _rs_counts,
            _rs_first, (_rs_first + _rs_last) / 2e0 AS _rs_back
        FROM (
            SELECT
                *, rank() OVER (ORDER BY _rs_at DESC NULLS LAST) AS _rs_first, count(*) OVER (ORDER BY _rs_at DESC NULLS LAST) AS _rs_last
            FROM _rs_seen
        ) AS _rs_p
    ) AS _rs_b
),
_rs_asked AS (
    SELECT _rs_k + (SELECT count(*) FROM _rs_seen) AS _rs_many
    FROM (SELECT user_id AS _rs_user, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a
    WHERE _rs_user IS NOT NULL
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, _rs_c._rs_popularity AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, _rs_s._rs_sum AS _rs_sum, _rs_s._rs_cause, _rs_c._rs_popularity AS _rs_popularity
        FROM _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT max(_rs_key, _rs_k) AS _rs_best, arg_max(_rs_cause, _rs_key, _rs_k) AS _rs_causes
            FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a, _rs_keys
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
), (user_id, store, k := 10, filter := NULL) AS TABLE (
-- What a person in the ratings wants next.
--
-- The history is read when the question is asked: an interaction counts as soon as it is there. Those of one moment are
-- equally far back: as far as the mean of their places. Somebody without any is given the most popular; nobody
-- (NULL) is given nothing.
WITH
_rs_seen AS (
    SELECT _rs_b.movie_id AS _rs_id, _rs_b.rating AS _rs_rating, _rs_b.rated_at AS _rs_at
    FROM (
        SELECT CASE
            WHEN TRY_CAST(CAST(user_id AS VARCHAR) AS DOUBLE) = TRY_CAST(CAST(user_id AS VARCHAR) AS BIGINT)
            THEN TRY_CAST(CAST(user_id AS VARCHAR) AS BIGINT)
            WHEN user_id IS NOT NULL
            THEN CAST(error('recommend_movies: user_id must be a whole number, not ' || CAST(user_id AS VARCHAR)) AS BIGINT)
        END AS _rs_user
    ) AS _rs_a
    JOIN "rec_store".main."ratings" AS _rs_b ON _rs_b.user_id = _rs_a._rs_user
),
_rs_history AS (
    SELECT
        _rs_id, _rs_counts * _rs_back ** (-0.8) AS _rs_taste,
        _rs_counts * 0.93 ** _rs_back AS _rs_next, _rs_first <= 20 AS _rs_is_late
    FROM (
        SELECT
            _rs_id, CASE WHEN _rs_rating < 3.0 THEN 0.75 ELSE 1.0 END AS _rs_counts,
            _rs_first, (_rs_first + _rs_last) / 2e0 AS _rs_back
        FROM (
            SELECT
                *, rank() OVER (ORDER BY _rs_at DESC NULLS LAST) AS _rs_first, count(*) OVER (ORDER BY _rs_at DESC NULLS LAST) AS _rs_last
            FROM _rs_seen
        ) AS _rs_p
    ) AS _rs_b
),
_rs_asked AS (
    SELECT _rs_k + (SELECT count(*) FROM _rs_seen) AS _rs_many
    FROM (SELECT user_id AS _rs_user, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a
    WHERE _rs_user IS NOT NULL
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, _rs_c._rs_popularity AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, _rs_s._rs_sum AS _rs_sum, _rs_s._rs_cause, _rs_c._rs_popularity AS _rs_popularity
        FROM _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT max(_rs_key, _rs_k) AS _rs_best, arg_max(_rs_cause, _rs_key, _rs_k) AS _rs_causes
            FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a, _rs_keys
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
), (user_id, exclude, k := 10, filter := NULL, store := NULL) AS TABLE (
-- What a person in the ratings wants next.
--
-- The history is read when the question is asked: an interaction counts as soon as it is there. Those of one moment are
-- equally far back: as far as the mean of their places. Somebody without any is given the most popular; nobody
-- (NULL) is given nothing.
WITH
_rs_seen AS (
    SELECT _rs_b.movie_id AS _rs_id, _rs_b.rating AS _rs_rating, _rs_b.rated_at AS _rs_at
    FROM (
        SELECT CASE
            WHEN TRY_CAST(CAST(user_id AS VARCHAR) AS DOUBLE) = TRY_CAST(CAST(user_id AS VARCHAR) AS BIGINT)
            THEN TRY_CAST(CAST(user_id AS VARCHAR) AS BIGINT)
            WHEN user_id IS NOT NULL
            THEN CAST(error('recommend_movies: user_id must be a whole number, not ' || CAST(user_id AS VARCHAR)) AS BIGINT)
        END AS _rs_user
    ) AS _rs_a
    JOIN "rec_store".main."ratings" AS _rs_b ON _rs_b.user_id = _rs_a._rs_user
),
_rs_history AS (
    SELECT
        _rs_id, _rs_counts * _rs_back ** (-0.8) AS _rs_taste,
        _rs_counts * 0.93 ** _rs_back AS _rs_next, _rs_first <= 20 AS _rs_is_late
    FROM (
        SELECT
            _rs_id, CASE WHEN _rs_rating < 3.0 THEN 0.75 ELSE 1.0 END AS _rs_counts,
            _rs_first, (_rs_first + _rs_last) / 2e0 AS _rs_back
        FROM (
            SELECT
                *, rank() OVER (ORDER BY _rs_at DESC NULLS LAST) AS _rs_first, count(*) OVER (ORDER BY _rs_at DESC NULLS LAST) AS _rs_last
            FROM _rs_seen
        ) AS _rs_p
    ) AS _rs_b
),
_rs_named AS (
    SELECT 1 AS _rs_of, 0 AS _rs_role, _rs_is_number, unnest(_rs_excluded) AS _rs_text
    FROM (SELECT CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number) AS _rs_e
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT _rs_k + (SELECT count(*) FROM _rs_seen) AS _rs_many
    FROM (SELECT user_id AS _rs_user, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END + len(CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END) AS _rs_k) AS _rs_a
    WHERE _rs_user IS NOT NULL
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_meant
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, _rs_c._rs_popularity AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, _rs_s._rs_sum AS _rs_sum, _rs_s._rs_cause, _rs_c._rs_popularity AS _rs_popularity
        FROM _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT max(_rs_key, _rs_k) AS _rs_best, arg_max(_rs_cause, _rs_key, _rs_k) AS _rs_causes
            FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a, _rs_keys
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
), (user_id, boost, k := 10, filter := NULL, store := NULL, exclude := NULL) AS TABLE (
-- What a person in the ratings wants next.
--
-- The history is read when the question is asked: an interaction counts as soon as it is there. Those of one moment are
-- equally far back: as far as the mean of their places. Somebody without any is given the most popular; nobody
-- (NULL) is given nothing.
WITH
_rs_seen AS (
    SELECT _rs_b.movie_id AS _rs_id, _rs_b.rating AS _rs_rating, _rs_b.rated_at AS _rs_at
    FROM (
        SELECT CASE
            WHEN TRY_CAST(CAST(user_id AS VARCHAR) AS DOUBLE) = TRY_CAST(CAST(user_id AS VARCHAR) AS BIGINT)
            THEN TRY_CAST(CAST(user_id AS VARCHAR) AS BIGINT)
            WHEN user_id IS NOT NULL
            THEN CAST(error('recommend_movies: user_id must be a whole number, not ' || CAST(user_id AS VARCHAR)) AS BIGINT)
        END AS _rs_user
    ) AS _rs_a
    JOIN "rec_store".main."ratings" AS _rs_b ON _rs_b.user_id = _rs_a._rs_user
),
_rs_history AS (
    SELECT
        _rs_id, _rs_counts * _rs_back ** (-0.8) AS _rs_taste,
        _rs_counts * 0.93 ** _rs_back AS _rs_next, _rs_first <= 20 AS _rs_is_late
    FROM (
        SELECT
            _rs_id, CASE WHEN _rs_rating < 3.0 THEN 0.75 ELSE 1.0 END AS _rs_counts,
            _rs_first, (_rs_first + _rs_last) / 2e0 AS _rs_back
        FROM (
            SELECT
                *, rank() OVER (ORDER BY _rs_at DESC NULLS LAST) AS _rs_first, count(*) OVER (ORDER BY _rs_at DESC NULLS LAST) AS _rs_last
            FROM _rs_seen
        ) AS _rs_p
    ) AS _rs_b
),
_rs_named AS (
    SELECT 1 AS _rs_of, 0 AS _rs_role, _rs_is_number, unnest(_rs_excluded) AS _rs_text
    FROM (SELECT CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number) AS _rs_e
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT _rs_k + (SELECT count(*) FROM _rs_seen) AS _rs_many
    FROM (SELECT user_id AS _rs_user, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END + len(CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END) AS _rs_k) AS _rs_a
    WHERE _rs_user IS NOT NULL
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_meant
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, CAST(greatest(least(round(_rs_s._rs_sum * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 2e9), -1e8) AS BIGINT) AS _rs_sum, _rs_s._rs_cause, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_popularity
        FROM _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT max(_rs_key, _rs_k) AS _rs_best, arg_max(_rs_cause, _rs_key, _rs_k) AS _rs_causes
            FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a, _rs_keys
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
), (user_id, popularity, k := 10, filter := NULL, store := NULL, exclude := NULL, boost := NULL) AS TABLE (
-- What a person in the ratings wants next.
--
-- The history is read when the question is asked: an interaction counts as soon as it is there. Those of one moment are
-- equally far back: as far as the mean of their places. Somebody without any is given the most popular; nobody
-- (NULL) is given nothing.
WITH
_rs_seen AS (
    SELECT _rs_b.movie_id AS _rs_id, _rs_b.rating AS _rs_rating, _rs_b.rated_at AS _rs_at
    FROM (
        SELECT CASE
            WHEN TRY_CAST(CAST(user_id AS VARCHAR) AS DOUBLE) = TRY_CAST(CAST(user_id AS VARCHAR) AS BIGINT)
            THEN TRY_CAST(CAST(user_id AS VARCHAR) AS BIGINT)
            WHEN user_id IS NOT NULL
            THEN CAST(error('recommend_movies: user_id must be a whole number, not ' || CAST(user_id AS VARCHAR)) AS BIGINT)
        END AS _rs_user
    ) AS _rs_a
    JOIN "rec_store".main."ratings" AS _rs_b ON _rs_b.user_id = _rs_a._rs_user
),
_rs_history AS (
    SELECT
        _rs_id, _rs_counts * _rs_back ** (-0.8) AS _rs_taste,
        _rs_counts * 0.93 ** _rs_back AS _rs_next, _rs_first <= 20 AS _rs_is_late
    FROM (
        SELECT
            _rs_id, CASE WHEN _rs_rating < 3.0 THEN 0.75 ELSE 1.0 END AS _rs_counts,
            _rs_first, (_rs_first + _rs_last) / 2e0 AS _rs_back
        FROM (
            SELECT
                *, rank() OVER (ORDER BY _rs_at DESC NULLS LAST) AS _rs_first, count(*) OVER (ORDER BY _rs_at DESC NULLS LAST) AS _rs_last
            FROM _rs_seen
        ) AS _rs_p
    ) AS _rs_b
),
_rs_named AS (
    SELECT 1 AS _rs_of, 0 AS _rs_role, _rs_is_number, unnest(_rs_excluded) AS _rs_text
    FROM (SELECT CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number) AS _rs_e
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT _rs_k + (SELECT count(*) FROM _rs_seen) AS _rs_many
    FROM (SELECT user_id AS _rs_user, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END + len(CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END) AS _rs_k) AS _rs_a
    WHERE _rs_user IS NOT NULL
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost, -- How popular an item is beside the most popular: from -1, chosen by nobody, to 1.
coalesce(2e0 * ln(1e0 + greatest(coalesce(n_ratings, 0), 0))
    / nullif((SELECT ln(1e0 + max(_rs_m.n_ratings)) FROM "rec_store".main."movies" AS _rs_m), 0e0) - 1e0, 0e0) AS _rs_share
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_meant
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, CAST(greatest(least(round(_rs_s._rs_sum * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END * (1e0 + _rs_a._rs_said.popularity * _rs_c._rs_share)), 2e9), -1e8) AS BIGINT) AS _rs_sum, _rs_s._rs_cause, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_popularity
        FROM (SELECT {'popularity': CASE
    WHEN popularity IS NULL THEN 0e0
    WHEN TRY_CAST(popularity AS DOUBLE) BETWEEN -1 AND 1 THEN TRY_CAST(popularity AS DOUBLE)
    ELSE CAST(error('recommend_movies: popularity must be a number from -1 to 1, not ' || CAST(popularity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said) AS _rs_a, _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT max(_rs_key, _rs_k) AS _rs_best, arg_max(_rs_cause, _rs_key, _rs_k) AS _rs_causes
            FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a, _rs_keys
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
), (user_id, diversity, k := 10, filter := NULL, store := NULL, exclude := NULL, boost := NULL, popularity := NULL) AS TABLE (
-- What a person in the ratings wants next.
--
-- The history is read when the question is asked: an interaction counts as soon as it is there. Those of one moment are
-- equally far back: as far as the mean of their places. Somebody without any is given the most popular; nobody
-- (NULL) is given nothing.
WITH
_rs_seen AS (
    SELECT _rs_b.movie_id AS _rs_id, _rs_b.rating AS _rs_rating, _rs_b.rated_at AS _rs_at
    FROM (
        SELECT CASE
            WHEN TRY_CAST(CAST(user_id AS VARCHAR) AS DOUBLE) = TRY_CAST(CAST(user_id AS VARCHAR) AS BIGINT)
            THEN TRY_CAST(CAST(user_id AS VARCHAR) AS BIGINT)
            WHEN user_id IS NOT NULL
            THEN CAST(error('recommend_movies: user_id must be a whole number, not ' || CAST(user_id AS VARCHAR)) AS BIGINT)
        END AS _rs_user
    ) AS _rs_a
    JOIN "rec_store".main."ratings" AS _rs_b ON _rs_b.user_id = _rs_a._rs_user
),
_rs_history AS (
    SELECT
        _rs_id, _rs_counts * _rs_back ** (-0.8) AS _rs_taste,
        _rs_counts * 0.93 ** _rs_back AS _rs_next, _rs_first <= 20 AS _rs_is_late
    FROM (
        SELECT
            _rs_id, CASE WHEN _rs_rating < 3.0 THEN 0.75 ELSE 1.0 END AS _rs_counts,
            _rs_first, (_rs_first + _rs_last) / 2e0 AS _rs_back
        FROM (
            SELECT
                *, rank() OVER (ORDER BY _rs_at DESC NULLS LAST) AS _rs_first, count(*) OVER (ORDER BY _rs_at DESC NULLS LAST) AS _rs_last
            FROM _rs_seen
        ) AS _rs_p
    ) AS _rs_b
),
_rs_named AS (
    SELECT 1 AS _rs_of, 0 AS _rs_role, _rs_is_number, unnest(_rs_excluded) AS _rs_text
    FROM (SELECT CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number) AS _rs_e
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT _rs_k + (SELECT count(*) FROM _rs_seen) AS _rs_many
    FROM (SELECT user_id AS _rs_user, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END + greatest(100, 5 * CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END) + len(CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END) AS _rs_k) AS _rs_a
    WHERE _rs_user IS NOT NULL
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost, -- How popular an item is beside the most popular: from -1, chosen by nobody, to 1.
coalesce(2e0 * ln(1e0 + greatest(coalesce(n_ratings, 0), 0))
    / nullif((SELECT ln(1e0 + max(_rs_m.n_ratings)) FROM "rec_store".main."movies" AS _rs_m), 0e0) - 1e0, 0e0) AS _rs_share
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_meant
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, CAST(greatest(least(round(_rs_s._rs_sum * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END * (1e0 + _rs_a._rs_said.popularity * _rs_c._rs_share)), 2e9), -1e8) AS BIGINT) AS _rs_sum, _rs_s._rs_cause, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_popularity
        FROM (SELECT {'popularity': CASE
    WHEN popularity IS NULL THEN 0e0
    WHEN TRY_CAST(popularity AS DOUBLE) BETWEEN -1 AND 1 THEN TRY_CAST(popularity AS DOUBLE)
    ELSE CAST(error('recommend_movies: popularity must be a number from -1 to 1, not ' || CAST(popularity AS VARCHAR)) AS DOUBLE)
END, 'diversity': CASE
    WHEN diversity IS NULL THEN 0e0
    WHEN TRY_CAST(diversity AS DOUBLE) BETWEEN 0 AND 1 THEN TRY_CAST(diversity AS DOUBLE)
    ELSE CAST(error('recommend_movies: diversity must be a number from 0 to 1, not ' || CAST(diversity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said) AS _rs_a, _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT
                list_transform(_rs_places, lambda _rs_x: _rs_keys[_rs_x]) AS _rs_best,
                list_transform(_rs_places, lambda _rs_x: _rs_causes[_rs_x].cause) AS _rs_causes
            FROM (
                SELECT *, -- Maximal marginal relevance (Carbonell and Goldstein 1998): the places in _rs_vectors, one after the other, of what has
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
                        coalesce(round(list_inner_product(_rs_vectors[_rs_i], _rs_vectors[_rs_next]) * 100000), 0e0))
                END)
            }
        )[1]
    )[1]
).chosen AS _rs_places
                FROM (
                    -- Beside the greatest score, as a cosine is beside 1; what only fills up the list has none.
                    SELECT
                        *, list_transform(_rs_sums, lambda _rs_x:
                            100000 * CAST(_rs_x AS DOUBLE) / greatest(_rs_sums[1], 1)) AS _rs_relevance
                    FROM (
                        SELECT
                            _rs_p._rs_k, _rs_p._rs_said, list(_rs_p._rs_key ORDER BY _rs_p._rs_key DESC) AS _rs_keys,
                            list(CASE
                                WHEN _rs_p._rs_key >> 32 > 0 THEN _rs_p._rs_key >> 32
                                WHEN _rs_p._rs_key >> 32 >= -1000000000 THEN 0
                                ELSE (_rs_p._rs_key >> 32) + 2000000000
                            END ORDER BY _rs_p._rs_key DESC) AS _rs_sums,
                            list(_rs_p._rs_cause ORDER BY _rs_p._rs_key DESC) AS _rs_causes,
                            list(CAST(_rs_v.vector AS DOUBLE[]) ORDER BY _rs_p._rs_key DESC) AS _rs_vectors
                        FROM (
                            SELECT _rs_k, _rs_said, unnest(_rs_keys) AS _rs_key, unnest(_rs_causes) AS _rs_cause
                            FROM (
                                SELECT
                                    _rs_k, _rs_said, max(_rs_key, greatest(100, 5 * _rs_k)) AS _rs_keys,
                                    arg_max({'cause': _rs_cause}, _rs_key, greatest(100, 5 * _rs_k)) AS _rs_causes
                                FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, {'popularity': CASE
    WHEN popularity IS NULL THEN 0e0
    WHEN TRY_CAST(popularity AS DOUBLE) BETWEEN -1 AND 1 THEN TRY_CAST(popularity AS DOUBLE)
    ELSE CAST(error('recommend_movies: popularity must be a number from -1 to 1, not ' || CAST(popularity AS VARCHAR)) AS DOUBLE)
END, 'diversity': CASE
    WHEN diversity IS NULL THEN 0e0
    WHEN TRY_CAST(diversity AS DOUBLE) BETWEEN 0 AND 1 THEN TRY_CAST(diversity AS DOUBLE)
    ELSE CAST(error('recommend_movies: diversity must be a number from 0 to 1, not ' || CAST(diversity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said) AS _rs_a, _rs_keys
                                GROUP BY _rs_k, _rs_said
                            ) AS _rs_b
                        ) AS _rs_p
                        LEFT JOIN "rec_store".main."movie_vectors" AS _rs_v
                            ON _rs_v.movie_id = CAST(2147483647 - (_rs_p._rs_key & 4294967295) AS INTEGER)
                            AND _rs_v.space = 'hybrid'
                        GROUP BY _rs_p._rs_k, _rs_p._rs_said
                    ) AS _rs_c
                ) AS _rs_d
            ) AS _rs_e
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
);
COMMENT ON MACRO TABLE "rec".main.recommend_movies IS 'What a person in the ratings wants next: recommend_movies(user_id, k := 10, filter, exclude, boost, popularity, diversity, store)';

CREATE MACRO "rec".main.recommend_for(liked, k := 10, filter := NULL, disliked := [], store := NULL) AS TABLE (
-- What follows on a list of items, oldest first: for anybody, from any table, with no history stored and no training.
--
-- Each is an id or a name; what is not there is passed over, and of repeated ones the last counts. What is disliked is
-- not recommended either, and counts against what goes with it. An empty list, or NULL as list() of no rows gives it,
-- is somebody who has seen nothing yet.
WITH
_rs_listed AS (
-- What stands in the lists, each text once: of those liked and of those disliked, how many steps from the end.
SELECT
    trim(_rs_text) AS _rs_text, _rs_place <= len(_rs_texts) AS _rs_is_liked,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_place ELSE _rs_place - len(_rs_texts) END AS _rs_back,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_are_names ELSE _rs_are_names_too END AS _rs_is_name,
    _rs_are_names OR _rs_are_names_too AS _rs_hold_names
FROM (
    SELECT
        *, unnest(list_concat(_rs_texts, _rs_others)) AS _rs_text,
        unnest(range(1, len(_rs_texts) + len(_rs_others) + 1)) AS _rs_place
    FROM (
        SELECT
            _rs_are_names, _rs_are_names_too,
            list_where(_rs_l, list_transform(range(1, len(_rs_l) + 1), lambda _rs_n:
                coalesce(list_position(_rs_l, _rs_l[_rs_n]) = _rs_n, false))) AS _rs_texts,
            list_where(_rs_d, list_transform(range(1, len(_rs_d) + 1), lambda _rs_n:
                coalesce(list_position(_rs_d, _rs_d[_rs_n]) = _rs_n, false))) AS _rs_others
        FROM (
            SELECT
                regexp_matches(typeof(_rs_liked), 'CHAR|ENUM|JSON') AS _rs_are_names,
                regexp_matches(typeof(_rs_disliked), 'CHAR|ENUM|JSON') AS _rs_are_names_too,
                coalesce(list_reverse(TRY_CAST(_rs_liked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_l,
                coalesce(list_reverse(TRY_CAST(_rs_disliked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_d
            FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked) AS _rs_a
        ) AS _rs_r
    ) AS _rs_o
) AS _rs_u
),
_rs_identified AS (
-- The items in the lists. Only one of the two halves is left of the plan: names are looked up where there are any.
SELECT TRY_CAST(_rs_text AS INTEGER) AS _rs_id, _rs_is_liked, _rs_back
FROM _rs_listed
WHERE NOT _rs_hold_names AND TRY_CAST(_rs_text AS DOUBLE) = TRY_CAST(_rs_text AS INTEGER)
UNION ALL
-- Several names may be of one item, such as its title and its id; a name of none is no step.
SELECT _rs_id, _rs_is_liked, row_number() OVER (PARTITION BY _rs_is_liked ORDER BY min(_rs_back) ASC)
FROM (
    SELECT
        coalesce(_rs_n._rs_best.key, CASE
            WHEN regexp_matches(_rs_e._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_e._rs_text AS INTEGER)
        END) AS _rs_id,
        _rs_e._rs_is_liked, _rs_e._rs_back
    FROM _rs_listed AS _rs_e
    LEFT JOIN (
        SELECT title AS _rs_name, min({'preferred': -n_ratings, 'key': movie_id}) AS _rs_best
        FROM "rec_store".main."movies" GROUP BY title
    ) AS _rs_n ON _rs_n._rs_name = CASE WHEN _rs_e._rs_is_name THEN _rs_e._rs_text END
    WHERE _rs_e._rs_hold_names
) AS _rs_t
WHERE _rs_id IS NOT NULL
GROUP BY _rs_id, _rs_is_liked
),
_rs_seen AS (
    SELECT _rs_id FROM _rs_identified
),
_rs_history AS (
    SELECT
        _rs_id, CASE WHEN _rs_is_liked THEN 1 ELSE -1 END * _rs_back ** (-0.8) AS _rs_taste,
        CASE WHEN _rs_is_liked THEN 0.93 ** _rs_back ELSE 0 END AS _rs_next,
        _rs_back <= 20 AS _rs_is_late
    FROM _rs_identified
),
_rs_asked AS (
    SELECT
        CASE
            WHEN typeof(_rs_liked) NOT LIKE '%]' AND typeof(_rs_liked) <> '"NULL"'
            THEN CAST(error('recommend_for: liked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            WHEN typeof(_rs_disliked) NOT LIKE '%]' AND typeof(_rs_disliked) <> '"NULL"'
            THEN CAST(error('recommend_for: disliked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            ELSE coalesce(len(TRY_CAST(_rs_liked AS VARCHAR[])), 0)
                + coalesce(len(TRY_CAST(_rs_disliked AS VARCHAR[])), 0) + _rs_k
        END AS _rs_many
    FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, _rs_c._rs_popularity AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, _rs_s._rs_sum AS _rs_sum, _rs_s._rs_cause, _rs_c._rs_popularity AS _rs_popularity
        FROM _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT max(_rs_key, _rs_k) AS _rs_best, arg_max(_rs_cause, _rs_key, _rs_k) AS _rs_causes
            FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a, _rs_keys
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
), (liked, exclude, k := 10, filter := NULL, disliked := [], store := NULL) AS TABLE (
-- What follows on a list of items, oldest first: for anybody, from any table, with no history stored and no training.
--
-- Each is an id or a name; what is not there is passed over, and of repeated ones the last counts. What is disliked is
-- not recommended either, and counts against what goes with it. An empty list, or NULL as list() of no rows gives it,
-- is somebody who has seen nothing yet.
WITH
_rs_listed AS (
-- What stands in the lists, each text once: of those liked and of those disliked, how many steps from the end.
SELECT
    trim(_rs_text) AS _rs_text, _rs_place <= len(_rs_texts) AS _rs_is_liked,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_place ELSE _rs_place - len(_rs_texts) END AS _rs_back,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_are_names ELSE _rs_are_names_too END AS _rs_is_name,
    _rs_are_names OR _rs_are_names_too AS _rs_hold_names
FROM (
    SELECT
        *, unnest(list_concat(_rs_texts, _rs_others)) AS _rs_text,
        unnest(range(1, len(_rs_texts) + len(_rs_others) + 1)) AS _rs_place
    FROM (
        SELECT
            _rs_are_names, _rs_are_names_too,
            list_where(_rs_l, list_transform(range(1, len(_rs_l) + 1), lambda _rs_n:
                coalesce(list_position(_rs_l, _rs_l[_rs_n]) = _rs_n, false))) AS _rs_texts,
            list_where(_rs_d, list_transform(range(1, len(_rs_d) + 1), lambda _rs_n:
                coalesce(list_position(_rs_d, _rs_d[_rs_n]) = _rs_n, false))) AS _rs_others
        FROM (
            SELECT
                regexp_matches(typeof(_rs_liked), 'CHAR|ENUM|JSON') AS _rs_are_names,
                regexp_matches(typeof(_rs_disliked), 'CHAR|ENUM|JSON') AS _rs_are_names_too,
                coalesce(list_reverse(TRY_CAST(_rs_liked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_l,
                coalesce(list_reverse(TRY_CAST(_rs_disliked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_d
            FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked) AS _rs_a
        ) AS _rs_r
    ) AS _rs_o
) AS _rs_u
),
_rs_identified AS (
-- The items in the lists. Only one of the two halves is left of the plan: names are looked up where there are any.
SELECT TRY_CAST(_rs_text AS INTEGER) AS _rs_id, _rs_is_liked, _rs_back
FROM _rs_listed
WHERE NOT _rs_hold_names AND TRY_CAST(_rs_text AS DOUBLE) = TRY_CAST(_rs_text AS INTEGER)
UNION ALL
-- Several names may be of one item, such as its title and its id; a name of none is no step.
SELECT _rs_id, _rs_is_liked, row_number() OVER (PARTITION BY _rs_is_liked ORDER BY min(_rs_back) ASC)
FROM (
    SELECT
        coalesce(_rs_n._rs_best.key, CASE
            WHEN regexp_matches(_rs_e._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_e._rs_text AS INTEGER)
        END) AS _rs_id,
        _rs_e._rs_is_liked, _rs_e._rs_back
    FROM _rs_listed AS _rs_e
    LEFT JOIN (
        SELECT title AS _rs_name, min({'preferred': -n_ratings, 'key': movie_id}) AS _rs_best
        FROM "rec_store".main."movies" GROUP BY title
    ) AS _rs_n ON _rs_n._rs_name = CASE WHEN _rs_e._rs_is_name THEN _rs_e._rs_text END
    WHERE _rs_e._rs_hold_names
) AS _rs_t
WHERE _rs_id IS NOT NULL
GROUP BY _rs_id, _rs_is_liked
),
_rs_seen AS (
    SELECT _rs_id FROM _rs_identified
),
_rs_history AS (
    SELECT
        _rs_id, CASE WHEN _rs_is_liked THEN 1 ELSE -1 END * _rs_back ** (-0.8) AS _rs_taste,
        CASE WHEN _rs_is_liked THEN 0.93 ** _rs_back ELSE 0 END AS _rs_next,
        _rs_back <= 20 AS _rs_is_late
    FROM _rs_identified
),
_rs_named AS (
    SELECT 1 AS _rs_of, 0 AS _rs_role, _rs_is_number, unnest(_rs_excluded) AS _rs_text
    FROM (SELECT CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number) AS _rs_e
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        CASE
            WHEN typeof(_rs_liked) NOT LIKE '%]' AND typeof(_rs_liked) <> '"NULL"'
            THEN CAST(error('recommend_for: liked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            WHEN typeof(_rs_disliked) NOT LIKE '%]' AND typeof(_rs_disliked) <> '"NULL"'
            THEN CAST(error('recommend_for: disliked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            ELSE coalesce(len(TRY_CAST(_rs_liked AS VARCHAR[])), 0)
                + coalesce(len(TRY_CAST(_rs_disliked AS VARCHAR[])), 0) + _rs_k
        END AS _rs_many
    FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END + len(CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END) AS _rs_k) AS _rs_a
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_meant
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, _rs_c._rs_popularity AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, _rs_s._rs_sum AS _rs_sum, _rs_s._rs_cause, _rs_c._rs_popularity AS _rs_popularity
        FROM _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT max(_rs_key, _rs_k) AS _rs_best, arg_max(_rs_cause, _rs_key, _rs_k) AS _rs_causes
            FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a, _rs_keys
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
), (liked, boost, k := 10, filter := NULL, disliked := [], exclude := NULL, store := NULL) AS TABLE (
-- What follows on a list of items, oldest first: for anybody, from any table, with no history stored and no training.
--
-- Each is an id or a name; what is not there is passed over, and of repeated ones the last counts. What is disliked is
-- not recommended either, and counts against what goes with it. An empty list, or NULL as list() of no rows gives it,
-- is somebody who has seen nothing yet.
WITH
_rs_listed AS (
-- What stands in the lists, each text once: of those liked and of those disliked, how many steps from the end.
SELECT
    trim(_rs_text) AS _rs_text, _rs_place <= len(_rs_texts) AS _rs_is_liked,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_place ELSE _rs_place - len(_rs_texts) END AS _rs_back,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_are_names ELSE _rs_are_names_too END AS _rs_is_name,
    _rs_are_names OR _rs_are_names_too AS _rs_hold_names
FROM (
    SELECT
        *, unnest(list_concat(_rs_texts, _rs_others)) AS _rs_text,
        unnest(range(1, len(_rs_texts) + len(_rs_others) + 1)) AS _rs_place
    FROM (
        SELECT
            _rs_are_names, _rs_are_names_too,
            list_where(_rs_l, list_transform(range(1, len(_rs_l) + 1), lambda _rs_n:
                coalesce(list_position(_rs_l, _rs_l[_rs_n]) = _rs_n, false))) AS _rs_texts,
            list_where(_rs_d, list_transform(range(1, len(_rs_d) + 1), lambda _rs_n:
                coalesce(list_position(_rs_d, _rs_d[_rs_n]) = _rs_n, false))) AS _rs_others
        FROM (
            SELECT
                regexp_matches(typeof(_rs_liked), 'CHAR|ENUM|JSON') AS _rs_are_names,
                regexp_matches(typeof(_rs_disliked), 'CHAR|ENUM|JSON') AS _rs_are_names_too,
                coalesce(list_reverse(TRY_CAST(_rs_liked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_l,
                coalesce(list_reverse(TRY_CAST(_rs_disliked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_d
            FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked) AS _rs_a
        ) AS _rs_r
    ) AS _rs_o
) AS _rs_u
),
_rs_identified AS (
-- The items in the lists. Only one of the two halves is left of the plan: names are looked up where there are any.
SELECT TRY_CAST(_rs_text AS INTEGER) AS _rs_id, _rs_is_liked, _rs_back
FROM _rs_listed
WHERE NOT _rs_hold_names AND TRY_CAST(_rs_text AS DOUBLE) = TRY_CAST(_rs_text AS INTEGER)
UNION ALL
-- Several names may be of one item, such as its title and its id; a name of none is no step.
SELECT _rs_id, _rs_is_liked, row_number() OVER (PARTITION BY _rs_is_liked ORDER BY min(_rs_back) ASC)
FROM (
    SELECT
        coalesce(_rs_n._rs_best.key, CASE
            WHEN regexp_matches(_rs_e._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_e._rs_text AS INTEGER)
        END) AS _rs_id,
        _rs_e._rs_is_liked, _rs_e._rs_back
    FROM _rs_listed AS _rs_e
    LEFT JOIN (
        SELECT title AS _rs_name, min({'preferred': -n_ratings, 'key': movie_id}) AS _rs_best
        FROM "rec_store".main."movies" GROUP BY title
    ) AS _rs_n ON _rs_n._rs_name = CASE WHEN _rs_e._rs_is_name THEN _rs_e._rs_text END
    WHERE _rs_e._rs_hold_names
) AS _rs_t
WHERE _rs_id IS NOT NULL
GROUP BY _rs_id, _rs_is_liked
),
_rs_seen AS (
    SELECT _rs_id FROM _rs_identified
),
_rs_history AS (
    SELECT
        _rs_id, CASE WHEN _rs_is_liked THEN 1 ELSE -1 END * _rs_back ** (-0.8) AS _rs_taste,
        CASE WHEN _rs_is_liked THEN 0.93 ** _rs_back ELSE 0 END AS _rs_next,
        _rs_back <= 20 AS _rs_is_late
    FROM _rs_identified
),
_rs_named AS (
    SELECT 1 AS _rs_of, 0 AS _rs_role, _rs_is_number, unnest(_rs_excluded) AS _rs_text
    FROM (SELECT CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number) AS _rs_e
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        CASE
            WHEN typeof(_rs_liked) NOT LIKE '%]' AND typeof(_rs_liked) <> '"NULL"'
            THEN CAST(error('recommend_for: liked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            WHEN typeof(_rs_disliked) NOT LIKE '%]' AND typeof(_rs_disliked) <> '"NULL"'
            THEN CAST(error('recommend_for: disliked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            ELSE coalesce(len(TRY_CAST(_rs_liked AS VARCHAR[])), 0)
                + coalesce(len(TRY_CAST(_rs_disliked AS VARCHAR[])), 0) + _rs_k
        END AS _rs_many
    FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END + len(CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END) AS _rs_k) AS _rs_a
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_meant
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, CAST(greatest(least(round(_rs_s._rs_sum * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 2e9), -1e8) AS BIGINT) AS _rs_sum, _rs_s._rs_cause, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_popularity
        FROM _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT max(_rs_key, _rs_k) AS _rs_best, arg_max(_rs_cause, _rs_key, _rs_k) AS _rs_causes
            FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a, _rs_keys
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
), (liked, popularity, k := 10, filter := NULL, disliked := [], exclude := NULL, boost := NULL, store := NULL) AS TABLE (
-- What follows on a list of items, oldest first: for anybody, from any table, with no history stored and no training.
--
-- Each is an id or a name; what is not there is passed over, and of repeated ones the last counts. What is disliked is
-- not recommended either, and counts against what goes with it. An empty list, or NULL as list() of no rows gives it,
-- is somebody who has seen nothing yet.
WITH
_rs_listed AS (
-- What stands in the lists, each text once: of those liked and of those disliked, how many steps from the end.
SELECT
    trim(_rs_text) AS _rs_text, _rs_place <= len(_rs_texts) AS _rs_is_liked,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_place ELSE _rs_place - len(_rs_texts) END AS _rs_back,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_are_names ELSE _rs_are_names_too END AS _rs_is_name,
    _rs_are_names OR _rs_are_names_too AS _rs_hold_names
FROM (
    SELECT
        *, unnest(list_concat(_rs_texts, _rs_others)) AS _rs_text,
        unnest(range(1, len(_rs_texts) + len(_rs_others) + 1)) AS _rs_place
    FROM (
        SELECT
            _rs_are_names, _rs_are_names_too,
            list_where(_rs_l, list_transform(range(1, len(_rs_l) + 1), lambda _rs_n:
                coalesce(list_position(_rs_l, _rs_l[_rs_n]) = _rs_n, false))) AS _rs_texts,
            list_where(_rs_d, list_transform(range(1, len(_rs_d) + 1), lambda _rs_n:
                coalesce(list_position(_rs_d, _rs_d[_rs_n]) = _rs_n, false))) AS _rs_others
        FROM (
            SELECT
                regexp_matches(typeof(_rs_liked), 'CHAR|ENUM|JSON') AS _rs_are_names,
                regexp_matches(typeof(_rs_disliked), 'CHAR|ENUM|JSON') AS _rs_are_names_too,
                coalesce(list_reverse(TRY_CAST(_rs_liked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_l,
                coalesce(list_reverse(TRY_CAST(_rs_disliked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_d
            FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked) AS _rs_a
        ) AS _rs_r
    ) AS _rs_o
) AS _rs_u
),
_rs_identified AS (
-- The items in the lists. Only one of the two halves is left of the plan: names are looked up where there are any.
SELECT TRY_CAST(_rs_text AS INTEGER) AS _rs_id, _rs_is_liked, _rs_back
FROM _rs_listed
WHERE NOT _rs_hold_names AND TRY_CAST(_rs_text AS DOUBLE) = TRY_CAST(_rs_text AS INTEGER)
UNION ALL
-- Several names may be of one item, such as its title and its id; a name of none is no step.
SELECT _rs_id, _rs_is_liked, row_number() OVER (PARTITION BY _rs_is_liked ORDER BY min(_rs_back) ASC)
FROM (
    SELECT
        coalesce(_rs_n._rs_best.key, CASE
            WHEN regexp_matches(_rs_e._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_e._rs_text AS INTEGER)
        END) AS _rs_id,
        _rs_e._rs_is_liked, _rs_e._rs_back
    FROM _rs_listed AS _rs_e
    LEFT JOIN (
        SELECT title AS _rs_name, min({'preferred': -n_ratings, 'key': movie_id}) AS _rs_best
        FROM "rec_store".main."movies" GROUP BY title
    ) AS _rs_n ON _rs_n._rs_name = CASE WHEN _rs_e._rs_is_name THEN _rs_e._rs_text END
    WHERE _rs_e._rs_hold_names
) AS _rs_t
WHERE _rs_id IS NOT NULL
GROUP BY _rs_id, _rs_is_liked
),
_rs_seen AS (
    SELECT _rs_id FROM _rs_identified
),
_rs_history AS (
    SELECT
        _rs_id, CASE WHEN _rs_is_liked THEN 1 ELSE -1 END * _rs_back ** (-0.8) AS _rs_taste,
        CASE WHEN _rs_is_liked THEN 0.93 ** _rs_back ELSE 0 END AS _rs_next,
        _rs_back <= 20 AS _rs_is_late
    FROM _rs_identified
),
_rs_named AS (
    SELECT 1 AS _rs_of, 0 AS _rs_role, _rs_is_number, unnest(_rs_excluded) AS _rs_text
    FROM (SELECT CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number) AS _rs_e
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        CASE
            WHEN typeof(_rs_liked) NOT LIKE '%]' AND typeof(_rs_liked) <> '"NULL"'
            THEN CAST(error('recommend_for: liked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            WHEN typeof(_rs_disliked) NOT LIKE '%]' AND typeof(_rs_disliked) <> '"NULL"'
            THEN CAST(error('recommend_for: disliked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            ELSE coalesce(len(TRY_CAST(_rs_liked AS VARCHAR[])), 0)
                + coalesce(len(TRY_CAST(_rs_disliked AS VARCHAR[])), 0) + _rs_k
        END AS _rs_many
    FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END + len(CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END) AS _rs_k) AS _rs_a
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost, -- How popular an item is beside the most popular: from -1, chosen by nobody, to 1.
coalesce(2e0 * ln(1e0 + greatest(coalesce(n_ratings, 0), 0))
    / nullif((SELECT ln(1e0 + max(_rs_m.n_ratings)) FROM "rec_store".main."movies" AS _rs_m), 0e0) - 1e0, 0e0) AS _rs_share
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_meant
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, CAST(greatest(least(round(_rs_s._rs_sum * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END * (1e0 + _rs_a._rs_said.popularity * _rs_c._rs_share)), 2e9), -1e8) AS BIGINT) AS _rs_sum, _rs_s._rs_cause, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_popularity
        FROM (SELECT {'popularity': CASE
    WHEN popularity IS NULL THEN 0e0
    WHEN TRY_CAST(popularity AS DOUBLE) BETWEEN -1 AND 1 THEN TRY_CAST(popularity AS DOUBLE)
    ELSE CAST(error('recommend_for: popularity must be a number from -1 to 1, not ' || CAST(popularity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said) AS _rs_a, _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT max(_rs_key, _rs_k) AS _rs_best, arg_max(_rs_cause, _rs_key, _rs_k) AS _rs_causes
            FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a, _rs_keys
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
), (liked, diversity, k := 10, filter := NULL, disliked := [], exclude := NULL, boost := NULL, popularity := NULL, store := NULL) AS TABLE (
-- What follows on a list of items, oldest first: for anybody, from any table, with no history stored and no training.
--
-- Each is an id or a name; what is not there is passed over, and of repeated ones the last counts. What is disliked is
-- not recommended either, and counts against what goes with it. An empty list, or NULL as list() of no rows gives it,
-- is somebody who has seen nothing yet.
WITH
_rs_listed AS (
-- What stands in the lists, each text once: of those liked and of those disliked, how many steps from the end.
SELECT
    trim(_rs_text) AS _rs_text, _rs_place <= len(_rs_texts) AS _rs_is_liked,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_place ELSE _rs_place - len(_rs_texts) END AS _rs_back,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_are_names ELSE _rs_are_names_too END AS _rs_is_name,
    _rs_are_names OR _rs_are_names_too AS _rs_hold_names
FROM (
    SELECT
        *, unnest(list_concat(_rs_texts, _rs_others)) AS _rs_text,
        unnest(range(1, len(_rs_texts) + len(_rs_others) + 1)) AS _rs_place
    FROM (
        SELECT
            _rs_are_names, _rs_are_names_too,
            list_where(_rs_l, list_transform(range(1, len(_rs_l) + 1), lambda _rs_n:
                coalesce(list_position(_rs_l, _rs_l[_rs_n]) = _rs_n, false))) AS _rs_texts,
            list_where(_rs_d, list_transform(range(1, len(_rs_d) + 1), lambda _rs_n:
                coalesce(list_position(_rs_d, _rs_d[_rs_n]) = _rs_n, false))) AS _rs_others
        FROM (
            SELECT
                regexp_matches(typeof(_rs_liked), 'CHAR|ENUM|JSON') AS _rs_are_names,
                regexp_matches(typeof(_rs_disliked), 'CHAR|ENUM|JSON') AS _rs_are_names_too,
                coalesce(list_reverse(TRY_CAST(_rs_liked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_l,
                coalesce(list_reverse(TRY_CAST(_rs_disliked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_d
            FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked) AS _rs_a
        ) AS _rs_r
    ) AS _rs_o
) AS _rs_u
),
_rs_identified AS (
-- The items in the lists. Only one of the two halves is left of the plan: names are looked up where there are any.
SELECT TRY_CAST(_rs_text AS INTEGER) AS _rs_id, _rs_is_liked, _rs_back
FROM _rs_listed
WHERE NOT _rs_hold_names AND TRY_CAST(_rs_text AS DOUBLE) = TRY_CAST(_rs_text AS INTEGER)
UNION ALL
-- Several names may be of one item, such as its title and its id; a name of none is no step.
SELECT _rs_id, _rs_is_liked, row_number() OVER (PARTITION BY _rs_is_liked ORDER BY min(_rs_back) ASC)
FROM (
    SELECT
        coalesce(_rs_n._rs_best.key, CASE
            WHEN regexp_matches(_rs_e._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_e._rs_text AS INTEGER)
        END) AS _rs_id,
        _rs_e._rs_is_liked, _rs_e._rs_back
    FROM _rs_listed AS _rs_e
    LEFT JOIN (
        SELECT title AS _rs_name, min({'preferred': -n_ratings, 'key': movie_id}) AS _rs_best
        FROM "rec_store".main."movies" GROUP BY title
    ) AS _rs_n ON _rs_n._rs_name = CASE WHEN _rs_e._rs_is_name THEN _rs_e._rs_text END
    WHERE _rs_e._rs_hold_names
) AS _rs_t
WHERE _rs_id IS NOT NULL
GROUP BY _rs_id, _rs_is_liked
),
_rs_seen AS (
    SELECT _rs_id FROM _rs_identified
),
_rs_history AS (
    SELECT
        _rs_id, CASE WHEN _rs_is_liked THEN 1 ELSE -1 END * _rs_back ** (-0.8) AS _rs_taste,
        CASE WHEN _rs_is_liked THEN 0.93 ** _rs_back ELSE 0 END AS _rs_next,
        _rs_back <= 20 AS _rs_is_late
    FROM _rs_identified
),
_rs_named AS (
    SELECT 1 AS _rs_of, 0 AS _rs_role, _rs_is_number, unnest(_rs_excluded) AS _rs_text
    FROM (SELECT CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number) AS _rs_e
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        CASE
            WHEN typeof(_rs_liked) NOT LIKE '%]' AND typeof(_rs_liked) <> '"NULL"'
            THEN CAST(error('recommend_for: liked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            WHEN typeof(_rs_disliked) NOT LIKE '%]' AND typeof(_rs_disliked) <> '"NULL"'
            THEN CAST(error('recommend_for: disliked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            ELSE coalesce(len(TRY_CAST(_rs_liked AS VARCHAR[])), 0)
                + coalesce(len(TRY_CAST(_rs_disliked AS VARCHAR[])), 0) + _rs_k
        END AS _rs_many
    FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END + greatest(100, 5 * CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END) + len(CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END) AS _rs_k) AS _rs_a
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost, -- How popular an item is beside the most popular: from -1, chosen by nobody, to 1.
coalesce(2e0 * ln(1e0 + greatest(coalesce(n_ratings, 0), 0))
    / nullif((SELECT ln(1e0 + max(_rs_m.n_ratings)) FROM "rec_store".main."movies" AS _rs_m), 0e0) - 1e0, 0e0) AS _rs_share
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_meant
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, CAST(greatest(least(round(_rs_s._rs_sum * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END * (1e0 + _rs_a._rs_said.popularity * _rs_c._rs_share)), 2e9), -1e8) AS BIGINT) AS _rs_sum, _rs_s._rs_cause, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_popularity
        FROM (SELECT {'popularity': CASE
    WHEN popularity IS NULL THEN 0e0
    WHEN TRY_CAST(popularity AS DOUBLE) BETWEEN -1 AND 1 THEN TRY_CAST(popularity AS DOUBLE)
    ELSE CAST(error('recommend_for: popularity must be a number from -1 to 1, not ' || CAST(popularity AS VARCHAR)) AS DOUBLE)
END, 'diversity': CASE
    WHEN diversity IS NULL THEN 0e0
    WHEN TRY_CAST(diversity AS DOUBLE) BETWEEN 0 AND 1 THEN TRY_CAST(diversity AS DOUBLE)
    ELSE CAST(error('recommend_for: diversity must be a number from 0 to 1, not ' || CAST(diversity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said) AS _rs_a, _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT
                list_transform(_rs_places, lambda _rs_x: _rs_keys[_rs_x]) AS _rs_best,
                list_transform(_rs_places, lambda _rs_x: _rs_causes[_rs_x].cause) AS _rs_causes
            FROM (
                SELECT *, -- Maximal marginal relevance (Carbonell and Goldstein 1998): the places in _rs_vectors, one after the other, of what has
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
                        coalesce(round(list_inner_product(_rs_vectors[_rs_i], _rs_vectors[_rs_next]) * 100000), 0e0))
                END)
            }
        )[1]
    )[1]
).chosen AS _rs_places
                FROM (
                    -- Beside the greatest score, as a cosine is beside 1; what only fills up the list has none.
                    SELECT
                        *, list_transform(_rs_sums, lambda _rs_x:
                            100000 * CAST(_rs_x AS DOUBLE) / greatest(_rs_sums[1], 1)) AS _rs_relevance
                    FROM (
                        SELECT
                            _rs_p._rs_k, _rs_p._rs_said, list(_rs_p._rs_key ORDER BY _rs_p._rs_key DESC) AS _rs_keys,
                            list(CASE
                                WHEN _rs_p._rs_key >> 32 > 0 THEN _rs_p._rs_key >> 32
                                WHEN _rs_p._rs_key >> 32 >= -1000000000 THEN 0
                                ELSE (_rs_p._rs_key >> 32) + 2000000000
                            END ORDER BY _rs_p._rs_key DESC) AS _rs_sums,
                            list(_rs_p._rs_cause ORDER BY _rs_p._rs_key DESC) AS _rs_causes,
                            list(CAST(_rs_v.vector AS DOUBLE[]) ORDER BY _rs_p._rs_key DESC) AS _rs_vectors
                        FROM (
                            SELECT _rs_k, _rs_said, unnest(_rs_keys) AS _rs_key, unnest(_rs_causes) AS _rs_cause
                            FROM (
                                SELECT
                                    _rs_k, _rs_said, max(_rs_key, greatest(100, 5 * _rs_k)) AS _rs_keys,
                                    arg_max({'cause': _rs_cause}, _rs_key, greatest(100, 5 * _rs_k)) AS _rs_causes
                                FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, {'popularity': CASE
    WHEN popularity IS NULL THEN 0e0
    WHEN TRY_CAST(popularity AS DOUBLE) BETWEEN -1 AND 1 THEN TRY_CAST(popularity AS DOUBLE)
    ELSE CAST(error('recommend_for: popularity must be a number from -1 to 1, not ' || CAST(popularity AS VARCHAR)) AS DOUBLE)
END, 'diversity': CASE
    WHEN diversity IS NULL THEN 0e0
    WHEN TRY_CAST(diversity AS DOUBLE) BETWEEN 0 AND 1 THEN TRY_CAST(diversity AS DOUBLE)
    ELSE CAST(error('recommend_for: diversity must be a number from 0 to 1, not ' || CAST(diversity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said) AS _rs_a, _rs_keys
                                GROUP BY _rs_k, _rs_said
                            ) AS _rs_b
                        ) AS _rs_p
                        LEFT JOIN "rec_store".main."movie_vectors" AS _rs_v
                            ON _rs_v.movie_id = CAST(2147483647 - (_rs_p._rs_key & 4294967295) AS INTEGER)
                            AND _rs_v.space = 'hybrid'
                        GROUP BY _rs_p._rs_k, _rs_p._rs_said
                    ) AS _rs_c
                ) AS _rs_d
            ) AS _rs_e
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
);
COMMENT ON MACRO TABLE "rec".main.recommend_for IS 'What follows on a list of items, oldest first: recommend_for(liked, k := 10, disliked, filter, exclude, boost, popularity, diversity, store)';

CREATE MACRO "rec".main.recommend_movies_for(liked, k := 10, filter := NULL, disliked := [], store := NULL) AS TABLE (
-- What follows on a list of items, oldest first: for anybody, from any table, with no history stored and no training.
--
-- Each is an id or a name; what is not there is passed over, and of repeated ones the last counts. What is disliked is
-- not recommended either, and counts against what goes with it. An empty list, or NULL as list() of no rows gives it,
-- is somebody who has seen nothing yet.
WITH
_rs_listed AS (
-- What stands in the lists, each text once: of those liked and of those disliked, how many steps from the end.
SELECT
    trim(_rs_text) AS _rs_text, _rs_place <= len(_rs_texts) AS _rs_is_liked,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_place ELSE _rs_place - len(_rs_texts) END AS _rs_back,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_are_names ELSE _rs_are_names_too END AS _rs_is_name,
    _rs_are_names OR _rs_are_names_too AS _rs_hold_names
FROM (
    SELECT
        *, unnest(list_concat(_rs_texts, _rs_others)) AS _rs_text,
        unnest(range(1, len(_rs_texts) + len(_rs_others) + 1)) AS _rs_place
    FROM (
        SELECT
            _rs_are_names, _rs_are_names_too,
            list_where(_rs_l, list_transform(range(1, len(_rs_l) + 1), lambda _rs_n:
                coalesce(list_position(_rs_l, _rs_l[_rs_n]) = _rs_n, false))) AS _rs_texts,
            list_where(_rs_d, list_transform(range(1, len(_rs_d) + 1), lambda _rs_n:
                coalesce(list_position(_rs_d, _rs_d[_rs_n]) = _rs_n, false))) AS _rs_others
        FROM (
            SELECT
                regexp_matches(typeof(_rs_liked), 'CHAR|ENUM|JSON') AS _rs_are_names,
                regexp_matches(typeof(_rs_disliked), 'CHAR|ENUM|JSON') AS _rs_are_names_too,
                coalesce(list_reverse(TRY_CAST(_rs_liked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_l,
                coalesce(list_reverse(TRY_CAST(_rs_disliked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_d
            FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked) AS _rs_a
        ) AS _rs_r
    ) AS _rs_o
) AS _rs_u
),
_rs_identified AS (
-- The items in the lists. Only one of the two halves is left of the plan: names are looked up where there are any.
SELECT TRY_CAST(_rs_text AS INTEGER) AS _rs_id, _rs_is_liked, _rs_back
FROM _rs_listed
WHERE NOT _rs_hold_names AND TRY_CAST(_rs_text AS DOUBLE) = TRY_CAST(_rs_text AS INTEGER)
UNION ALL
-- Several names may be of one item, such as its title and its id; a name of none is no step.
SELECT _rs_id, _rs_is_liked, row_number() OVER (PARTITION BY _rs_is_liked ORDER BY min(_rs_back) ASC)
FROM (
    SELECT
        coalesce(_rs_n._rs_best.key, CASE
            WHEN regexp_matches(_rs_e._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_e._rs_text AS INTEGER)
        END) AS _rs_id,
        _rs_e._rs_is_liked, _rs_e._rs_back
    FROM _rs_listed AS _rs_e
    LEFT JOIN (
        SELECT title AS _rs_name, min({'preferred': -n_ratings, 'key': movie_id}) AS _rs_best
        FROM "rec_store".main."movies" GROUP BY title
    ) AS _rs_n ON _rs_n._rs_name = CASE WHEN _rs_e._rs_is_name THEN _rs_e._rs_text END
    WHERE _rs_e._rs_hold_names
) AS _rs_t
WHERE _rs_id IS NOT NULL
GROUP BY _rs_id, _rs_is_liked
),
_rs_seen AS (
    SELECT _rs_id FROM _rs_identified
),
_rs_history AS (
    SELECT
        _rs_id, CASE WHEN _rs_is_liked THEN 1 ELSE -1 END * _rs_back ** (-0.8) AS _rs_taste,
        CASE WHEN _rs_is_liked THEN 0.93 ** _rs_back ELSE 0 END AS _rs_next,
        _rs_back <= 20 AS _rs_is_late
    FROM _rs_identified
),
_rs_asked AS (
    SELECT
        CASE
            WHEN typeof(_rs_liked) NOT LIKE '%]' AND typeof(_rs_liked) <> '"NULL"'
            THEN CAST(error('recommend_movies_for: liked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            WHEN typeof(_rs_disliked) NOT LIKE '%]' AND typeof(_rs_disliked) <> '"NULL"'
            THEN CAST(error('recommend_movies_for: disliked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            ELSE coalesce(len(TRY_CAST(_rs_liked AS VARCHAR[])), 0)
                + coalesce(len(TRY_CAST(_rs_disliked AS VARCHAR[])), 0) + _rs_k
        END AS _rs_many
    FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, _rs_c._rs_popularity AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, _rs_s._rs_sum AS _rs_sum, _rs_s._rs_cause, _rs_c._rs_popularity AS _rs_popularity
        FROM _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT max(_rs_key, _rs_k) AS _rs_best, arg_max(_rs_cause, _rs_key, _rs_k) AS _rs_causes
            FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a, _rs_keys
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
), (liked, exclude, k := 10, filter := NULL, disliked := [], store := NULL) AS TABLE (
-- What follows on a list of items, oldest first: for anybody, from any table, with no history stored and no training.
--
-- Each is an id or a name; what is not there is passed over, and of repeated ones the last counts. What is disliked is
-- not recommended either, and counts against what goes with it. An empty list, or NULL as list() of no rows gives it,
-- is somebody who has seen nothing yet.
WITH
_rs_listed AS (
-- What stands in the lists, each text once: of those liked and of those disliked, how many steps from the end.
SELECT
    trim(_rs_text) AS _rs_text, _rs_place <= len(_rs_texts) AS _rs_is_liked,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_place ELSE _rs_place - len(_rs_texts) END AS _rs_back,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_are_names ELSE _rs_are_names_too END AS _rs_is_name,
    _rs_are_names OR _rs_are_names_too AS _rs_hold_names
FROM (
    SELECT
        *, unnest(list_concat(_rs_texts, _rs_others)) AS _rs_text,
        unnest(range(1, len(_rs_texts) + len(_rs_others) + 1)) AS _rs_place
    FROM (
        SELECT
            _rs_are_names, _rs_are_names_too,
            list_where(_rs_l, list_transform(range(1, len(_rs_l) + 1), lambda _rs_n:
                coalesce(list_position(_rs_l, _rs_l[_rs_n]) = _rs_n, false))) AS _rs_texts,
            list_where(_rs_d, list_transform(range(1, len(_rs_d) + 1), lambda _rs_n:
                coalesce(list_position(_rs_d, _rs_d[_rs_n]) = _rs_n, false))) AS _rs_others
        FROM (
            SELECT
                regexp_matches(typeof(_rs_liked), 'CHAR|ENUM|JSON') AS _rs_are_names,
                regexp_matches(typeof(_rs_disliked), 'CHAR|ENUM|JSON') AS _rs_are_names_too,
                coalesce(list_reverse(TRY_CAST(_rs_liked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_l,
                coalesce(list_reverse(TRY_CAST(_rs_disliked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_d
            FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked) AS _rs_a
        ) AS _rs_r
    ) AS _rs_o
) AS _rs_u
),
_rs_identified AS (
-- The items in the lists. Only one of the two halves is left of the plan: names are looked up where there are any.
SELECT TRY_CAST(_rs_text AS INTEGER) AS _rs_id, _rs_is_liked, _rs_back
FROM _rs_listed
WHERE NOT _rs_hold_names AND TRY_CAST(_rs_text AS DOUBLE) = TRY_CAST(_rs_text AS INTEGER)
UNION ALL
-- Several names may be of one item, such as its title and its id; a name of none is no step.
SELECT _rs_id, _rs_is_liked, row_number() OVER (PARTITION BY _rs_is_liked ORDER BY min(_rs_back) ASC)
FROM (
    SELECT
        coalesce(_rs_n._rs_best.key, CASE
            WHEN regexp_matches(_rs_e._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_e._rs_text AS INTEGER)
        END) AS _rs_id,
        _rs_e._rs_is_liked, _rs_e._rs_back
    FROM _rs_listed AS _rs_e
    LEFT JOIN (
        SELECT title AS _rs_name, min({'preferred': -n_ratings, 'key': movie_id}) AS _rs_best
        FROM "rec_store".main."movies" GROUP BY title
    ) AS _rs_n ON _rs_n._rs_name = CASE WHEN _rs_e._rs_is_name THEN _rs_e._rs_text END
    WHERE _rs_e._rs_hold_names
) AS _rs_t
WHERE _rs_id IS NOT NULL
GROUP BY _rs_id, _rs_is_liked
),
_rs_seen AS (
    SELECT _rs_id FROM _rs_identified
),
_rs_history AS (
    SELECT
        _rs_id, CASE WHEN _rs_is_liked THEN 1 ELSE -1 END * _rs_back ** (-0.8) AS _rs_taste,
        CASE WHEN _rs_is_liked THEN 0.93 ** _rs_back ELSE 0 END AS _rs_next,
        _rs_back <= 20 AS _rs_is_late
    FROM _rs_identified
),
_rs_named AS (
    SELECT 1 AS _rs_of, 0 AS _rs_role, _rs_is_number, unnest(_rs_excluded) AS _rs_text
    FROM (SELECT CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number) AS _rs_e
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        CASE
            WHEN typeof(_rs_liked) NOT LIKE '%]' AND typeof(_rs_liked) <> '"NULL"'
            THEN CAST(error('recommend_movies_for: liked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            WHEN typeof(_rs_disliked) NOT LIKE '%]' AND typeof(_rs_disliked) <> '"NULL"'
            THEN CAST(error('recommend_movies_for: disliked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            ELSE coalesce(len(TRY_CAST(_rs_liked AS VARCHAR[])), 0)
                + coalesce(len(TRY_CAST(_rs_disliked AS VARCHAR[])), 0) + _rs_k
        END AS _rs_many
    FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END + len(CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END) AS _rs_k) AS _rs_a
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_meant
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, _rs_c._rs_popularity AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, _rs_s._rs_sum AS _rs_sum, _rs_s._rs_cause, _rs_c._rs_popularity AS _rs_popularity
        FROM _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT max(_rs_key, _rs_k) AS _rs_best, arg_max(_rs_cause, _rs_key, _rs_k) AS _rs_causes
            FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a, _rs_keys
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
), (liked, boost, k := 10, filter := NULL, disliked := [], exclude := NULL, store := NULL) AS TABLE (
-- What follows on a list of items, oldest first: for anybody, from any table, with no history stored and no training.
--
-- Each is an id or a name; what is not there is passed over, and of repeated ones the last counts. What is disliked is
-- not recommended either, and counts against what goes with it. An empty list, or NULL as list() of no rows gives it,
-- is somebody who has seen nothing yet.
WITH
_rs_listed AS (
-- What stands in the lists, each text once: of those liked and of those disliked, how many steps from the end.
SELECT
    trim(_rs_text) AS _rs_text, _rs_place <= len(_rs_texts) AS _rs_is_liked,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_place ELSE _rs_place - len(_rs_texts) END AS _rs_back,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_are_names ELSE _rs_are_names_too END AS _rs_is_name,
    _rs_are_names OR _rs_are_names_too AS _rs_hold_names
FROM (
    SELECT
        *, unnest(list_concat(_rs_texts, _rs_others)) AS _rs_text,
        unnest(range(1, len(_rs_texts) + len(_rs_others) + 1)) AS _rs_place
    FROM (
        SELECT
            _rs_are_names, _rs_are_names_too,
            list_where(_rs_l, list_transform(range(1, len(_rs_l) + 1), lambda _rs_n:
                coalesce(list_position(_rs_l, _rs_l[_rs_n]) = _rs_n, false))) AS _rs_texts,
            list_where(_rs_d, list_transform(range(1, len(_rs_d) + 1), lambda _rs_n:
                coalesce(list_position(_rs_d, _rs_d[_rs_n]) = _rs_n, false))) AS _rs_others
        FROM (
            SELECT
                regexp_matches(typeof(_rs_liked), 'CHAR|ENUM|JSON') AS _rs_are_names,
                regexp_matches(typeof(_rs_disliked), 'CHAR|ENUM|JSON') AS _rs_are_names_too,
                coalesce(list_reverse(TRY_CAST(_rs_liked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_l,
                coalesce(list_reverse(TRY_CAST(_rs_disliked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_d
            FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked) AS _rs_a
        ) AS _rs_r
    ) AS _rs_o
) AS _rs_u
),
_rs_identified AS (
-- The items in the lists. Only one of the two halves is left of the plan: names are looked up where there are any.
SELECT TRY_CAST(_rs_text AS INTEGER) AS _rs_id, _rs_is_liked, _rs_back
FROM _rs_listed
WHERE NOT _rs_hold_names AND TRY_CAST(_rs_text AS DOUBLE) = TRY_CAST(_rs_text AS INTEGER)
UNION ALL
-- Several names may be of one item, such as its title and its id; a name of none is no step.
SELECT _rs_id, _rs_is_liked, row_number() OVER (PARTITION BY _rs_is_liked ORDER BY min(_rs_back) ASC)
FROM (
    SELECT
        coalesce(_rs_n._rs_best.key, CASE
            WHEN regexp_matches(_rs_e._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_e._rs_text AS INTEGER)
        END) AS _rs_id,
        _rs_e._rs_is_liked, _rs_e._rs_back
    FROM _rs_listed AS _rs_e
    LEFT JOIN (
        SELECT title AS _rs_name, min({'preferred': -n_ratings, 'key': movie_id}) AS _rs_best
        FROM "rec_store".main."movies" GROUP BY title
    ) AS _rs_n ON _rs_n._rs_name = CASE WHEN _rs_e._rs_is_name THEN _rs_e._rs_text END
    WHERE _rs_e._rs_hold_names
) AS _rs_t
WHERE _rs_id IS NOT NULL
GROUP BY _rs_id, _rs_is_liked
),
_rs_seen AS (
    SELECT _rs_id FROM _rs_identified
),
_rs_history AS (
    SELECT
        _rs_id, CASE WHEN _rs_is_liked THEN 1 ELSE -1 END * _rs_back ** (-0.8) AS _rs_taste,
        CASE WHEN _rs_is_liked THEN 0.93 ** _rs_back ELSE 0 END AS _rs_next,
        _rs_back <= 20 AS _rs_is_late
    FROM _rs_identified
),
_rs_named AS (
    SELECT 1 AS _rs_of, 0 AS _rs_role, _rs_is_number, unnest(_rs_excluded) AS _rs_text
    FROM (SELECT CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number) AS _rs_e
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        CASE
            WHEN typeof(_rs_liked) NOT LIKE '%]' AND typeof(_rs_liked) <> '"NULL"'
            THEN CAST(error('recommend_movies_for: liked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            WHEN typeof(_rs_disliked) NOT LIKE '%]' AND typeof(_rs_disliked) <> '"NULL"'
            THEN CAST(error('recommend_movies_for: disliked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            ELSE coalesce(len(TRY_CAST(_rs_liked AS VARCHAR[])), 0)
                + coalesce(len(TRY_CAST(_rs_disliked AS VARCHAR[])), 0) + _rs_k
        END AS _rs_many
    FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END + len(CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END) AS _rs_k) AS _rs_a
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_meant
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, CAST(greatest(least(round(_rs_s._rs_sum * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 2e9), -1e8) AS BIGINT) AS _rs_sum, _rs_s._rs_cause, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_popularity
        FROM _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT max(_rs_key, _rs_k) AS _rs_best, arg_max(_rs_cause, _rs_key, _rs_k) AS _rs_causes
            FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a, _rs_keys
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
), (liked, popularity, k := 10, filter := NULL, disliked := [], exclude := NULL, boost := NULL, store := NULL) AS TABLE (
-- What follows on a list of items, oldest first: for anybody, from any table, with no history stored and no training.
--
-- Each is an id or a name; what is not there is passed over, and of repeated ones the last counts. What is disliked is
-- not recommended either, and counts against what goes with it. An empty list, or NULL as list() of no rows gives it,
-- is somebody who has seen nothing yet.
WITH
_rs_listed AS (
-- What stands in the lists, each text once: of those liked and of those disliked, how many steps from the end.
SELECT
    trim(_rs_text) AS _rs_text, _rs_place <= len(_rs_texts) AS _rs_is_liked,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_place ELSE _rs_place - len(_rs_texts) END AS _rs_back,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_are_names ELSE _rs_are_names_too END AS _rs_is_name,
    _rs_are_names OR _rs_are_names_too AS _rs_hold_names
FROM (
    SELECT
        *, unnest(list_concat(_rs_texts, _rs_others)) AS _rs_text,
        unnest(range(1, len(_rs_texts) + len(_rs_others) + 1)) AS _rs_place
    FROM (
        SELECT
            _rs_are_names, _rs_are_names_too,
            list_where(_rs_l, list_transform(range(1, len(_rs_l) + 1), lambda _rs_n:
                coalesce(list_position(_rs_l, _rs_l[_rs_n]) = _rs_n, false))) AS _rs_texts,
            list_where(_rs_d, list_transform(range(1, len(_rs_d) + 1), lambda _rs_n:
                coalesce(list_position(_rs_d, _rs_d[_rs_n]) = _rs_n, false))) AS _rs_others
        FROM (
            SELECT
                regexp_matches(typeof(_rs_liked), 'CHAR|ENUM|JSON') AS _rs_are_names,
                regexp_matches(typeof(_rs_disliked), 'CHAR|ENUM|JSON') AS _rs_are_names_too,
                coalesce(list_reverse(TRY_CAST(_rs_liked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_l,
                coalesce(list_reverse(TRY_CAST(_rs_disliked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_d
            FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked) AS _rs_a
        ) AS _rs_r
    ) AS _rs_o
) AS _rs_u
),
_rs_identified AS (
-- The items in the lists. Only one of the two halves is left of the plan: names are looked up where there are any.
SELECT TRY_CAST(_rs_text AS INTEGER) AS _rs_id, _rs_is_liked, _rs_back
FROM _rs_listed
WHERE NOT _rs_hold_names AND TRY_CAST(_rs_text AS DOUBLE) = TRY_CAST(_rs_text AS INTEGER)
UNION ALL
-- Several names may be of one item, such as its title and its id; a name of none is no step.
SELECT _rs_id, _rs_is_liked, row_number() OVER (PARTITION BY _rs_is_liked ORDER BY min(_rs_back) ASC)
FROM (
    SELECT
        coalesce(_rs_n._rs_best.key, CASE
            WHEN regexp_matches(_rs_e._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_e._rs_text AS INTEGER)
        END) AS _rs_id,
        _rs_e._rs_is_liked, _rs_e._rs_back
    FROM _rs_listed AS _rs_e
    LEFT JOIN (
        SELECT title AS _rs_name, min({'preferred': -n_ratings, 'key': movie_id}) AS _rs_best
        FROM "rec_store".main."movies" GROUP BY title
    ) AS _rs_n ON _rs_n._rs_name = CASE WHEN _rs_e._rs_is_name THEN _rs_e._rs_text END
    WHERE _rs_e._rs_hold_names
) AS _rs_t
WHERE _rs_id IS NOT NULL
GROUP BY _rs_id, _rs_is_liked
),
_rs_seen AS (
    SELECT _rs_id FROM _rs_identified
),
_rs_history AS (
    SELECT
        _rs_id, CASE WHEN _rs_is_liked THEN 1 ELSE -1 END * _rs_back ** (-0.8) AS _rs_taste,
        CASE WHEN _rs_is_liked THEN 0.93 ** _rs_back ELSE 0 END AS _rs_next,
        _rs_back <= 20 AS _rs_is_late
    FROM _rs_identified
),
_rs_named AS (
    SELECT 1 AS _rs_of, 0 AS _rs_role, _rs_is_number, unnest(_rs_excluded) AS _rs_text
    FROM (SELECT CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number) AS _rs_e
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        CASE
            WHEN typeof(_rs_liked) NOT LIKE '%]' AND typeof(_rs_liked) <> '"NULL"'
            THEN CAST(error('recommend_movies_for: liked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            WHEN typeof(_rs_disliked) NOT LIKE '%]' AND typeof(_rs_disliked) <> '"NULL"'
            THEN CAST(error('recommend_movies_for: disliked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            ELSE coalesce(len(TRY_CAST(_rs_liked AS VARCHAR[])), 0)
                + coalesce(len(TRY_CAST(_rs_disliked AS VARCHAR[])), 0) + _rs_k
        END AS _rs_many
    FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END + len(CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END) AS _rs_k) AS _rs_a
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost, -- How popular an item is beside the most popular: from -1, chosen by nobody, to 1.
coalesce(2e0 * ln(1e0 + greatest(coalesce(n_ratings, 0), 0))
    / nullif((SELECT ln(1e0 + max(_rs_m.n_ratings)) FROM "rec_store".main."movies" AS _rs_m), 0e0) - 1e0, 0e0) AS _rs_share
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_meant
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, CAST(greatest(least(round(_rs_s._rs_sum * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END * (1e0 + _rs_a._rs_said.popularity * _rs_c._rs_share)), 2e9), -1e8) AS BIGINT) AS _rs_sum, _rs_s._rs_cause, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_popularity
        FROM (SELECT {'popularity': CASE
    WHEN popularity IS NULL THEN 0e0
    WHEN TRY_CAST(popularity AS DOUBLE) BETWEEN -1 AND 1 THEN TRY_CAST(popularity AS DOUBLE)
    ELSE CAST(error('recommend_movies_for: popularity must be a number from -1 to 1, not ' || CAST(popularity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said) AS _rs_a, _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT max(_rs_key, _rs_k) AS _rs_best, arg_max(_rs_cause, _rs_key, _rs_k) AS _rs_causes
            FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_a, _rs_keys
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
), (liked, diversity, k := 10, filter := NULL, disliked := [], exclude := NULL, boost := NULL, popularity := NULL, store := NULL) AS TABLE (
-- What follows on a list of items, oldest first: for anybody, from any table, with no history stored and no training.
--
-- Each is an id or a name; what is not there is passed over, and of repeated ones the last counts. What is disliked is
-- not recommended either, and counts against what goes with it. An empty list, or NULL as list() of no rows gives it,
-- is somebody who has seen nothing yet.
WITH
_rs_listed AS (
-- What stands in the lists, each text once: of those liked and of those disliked, how many steps from the end.
SELECT
    trim(_rs_text) AS _rs_text, _rs_place <= len(_rs_texts) AS _rs_is_liked,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_place ELSE _rs_place - len(_rs_texts) END AS _rs_back,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_are_names ELSE _rs_are_names_too END AS _rs_is_name,
    _rs_are_names OR _rs_are_names_too AS _rs_hold_names
FROM (
    SELECT
        *, unnest(list_concat(_rs_texts, _rs_others)) AS _rs_text,
        unnest(range(1, len(_rs_texts) + len(_rs_others) + 1)) AS _rs_place
    FROM (
        SELECT
            _rs_are_names, _rs_are_names_too,
            list_where(_rs_l, list_transform(range(1, len(_rs_l) + 1), lambda _rs_n:
                coalesce(list_position(_rs_l, _rs_l[_rs_n]) = _rs_n, false))) AS _rs_texts,
            list_where(_rs_d, list_transform(range(1, len(_rs_d) + 1), lambda _rs_n:
                coalesce(list_position(_rs_d, _rs_d[_rs_n]) = _rs_n, false))) AS _rs_others
        FROM (
            SELECT
                regexp_matches(typeof(_rs_liked), 'CHAR|ENUM|JSON') AS _rs_are_names,
                regexp_matches(typeof(_rs_disliked), 'CHAR|ENUM|JSON') AS _rs_are_names_too,
                coalesce(list_reverse(TRY_CAST(_rs_liked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_l,
                coalesce(list_reverse(TRY_CAST(_rs_disliked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_d
            FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked) AS _rs_a
        ) AS _rs_r
    ) AS _rs_o
) AS _rs_u
),
_rs_identified AS (
-- The items in the lists. Only one of the two halves is left of the plan: names are looked up where there are any.
SELECT TRY_CAST(_rs_text AS INTEGER) AS _rs_id, _rs_is_liked, _rs_back
FROM _rs_listed
WHERE NOT _rs_hold_names AND TRY_CAST(_rs_text AS DOUBLE) = TRY_CAST(_rs_text AS INTEGER)
UNION ALL
-- Several names may be of one item, such as its title and its id; a name of none is no step.
SELECT _rs_id, _rs_is_liked, row_number() OVER (PARTITION BY _rs_is_liked ORDER BY min(_rs_back) ASC)
FROM (
    SELECT
        coalesce(_rs_n._rs_best.key, CASE
            WHEN regexp_matches(_rs_e._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_e._rs_text AS INTEGER)
        END) AS _rs_id,
        _rs_e._rs_is_liked, _rs_e._rs_back
    FROM _rs_listed AS _rs_e
    LEFT JOIN (
        SELECT title AS _rs_name, min({'preferred': -n_ratings, 'key': movie_id}) AS _rs_best
        FROM "rec_store".main."movies" GROUP BY title
    ) AS _rs_n ON _rs_n._rs_name = CASE WHEN _rs_e._rs_is_name THEN _rs_e._rs_text END
    WHERE _rs_e._rs_hold_names
) AS _rs_t
WHERE _rs_id IS NOT NULL
GROUP BY _rs_id, _rs_is_liked
),
_rs_seen AS (
    SELECT _rs_id FROM _rs_identified
),
_rs_history AS (
    SELECT
        _rs_id, CASE WHEN _rs_is_liked THEN 1 ELSE -1 END * _rs_back ** (-0.8) AS _rs_taste,
        CASE WHEN _rs_is_liked THEN 0.93 ** _rs_back ELSE 0 END AS _rs_next,
        _rs_back <= 20 AS _rs_is_late
    FROM _rs_identified
),
_rs_named AS (
    SELECT 1 AS _rs_of, 0 AS _rs_role, _rs_is_number, unnest(_rs_excluded) AS _rs_text
    FROM (SELECT CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number) AS _rs_e
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, - _rs_i.n_ratings AS _rs_preferred, _rs_i.movie_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."movies" AS _rs_i ON _rs_i.title = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        CASE
            WHEN typeof(_rs_liked) NOT LIKE '%]' AND typeof(_rs_liked) <> '"NULL"'
            THEN CAST(error('recommend_movies_for: liked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            WHEN typeof(_rs_disliked) NOT LIKE '%]' AND typeof(_rs_disliked) <> '"NULL"'
            THEN CAST(error('recommend_movies_for: disliked must be a list of ids or names, such as [1, 2]') AS BIGINT)
            ELSE coalesce(len(TRY_CAST(_rs_liked AS VARCHAR[])), 0)
                + coalesce(len(TRY_CAST(_rs_disliked AS VARCHAR[])), 0) + _rs_k
        END AS _rs_many
    FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END + greatest(100, 5 * CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END) + len(CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('recommend_movies_for: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END) AS _rs_k) AS _rs_a
),
-- Ranks what a history points to, and keeps the best k.
--
-- _rs_history holds what counts: the id, and how much in the two kinds of weights; _rs_seen all that is known already,
-- and _rs_asked, one row unless there is nobody to ask for, how many that are and k more. All is added up per item: what the
-- history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows are
-- always found. A key is one BIGINT: above, the rounded score, or where that is 0 the preference less 1e9, or
-- where a dislike outweighs all else the score less 2e9; below, the id (smaller first). What contributed most goes
-- along as the id times 4, plus 2 for content and 1 for what comes next; of equal amounts it is the smaller. Where no
-- single item contributed it is -1 until the end: the lists of the best leave out what is NULL.
--
-- In a join, lists are what rows are joined back by: a join of two relations that both depend on them compares lists,
-- row by row, and a relation used twice carries them along. Asked for 1,000 lists, either takes 20 times as long.
_rs_candidates AS (
            SELECT movie_id AS _rs_id, CAST(n_ratings AS BIGINT) AS _rs_popularity, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost, -- How popular an item is beside the most popular: from -1, chosen by nobody, to 1.
coalesce(2e0 * ln(1e0 + greatest(coalesce(n_ratings, 0), 0))
    / nullif((SELECT ln(1e0 + max(_rs_m.n_ratings)) FROM "rec_store".main."movies" AS _rs_m), 0e0) - 1e0, 0e0) AS _rs_share
            FROM "rec_store".main."movies"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
),
_rs_contributions AS (
    SELECT
        neighbor_id AS _rs_id, _rs_a + _rs_b AS _rs_amount,
        _rs_from * 4 + CASE WHEN is_content THEN 2 WHEN _rs_b > _rs_a THEN 1 ELSE 0 END AS _rs_cause
    FROM (
        SELECT
            _rs_x.neighbor_id, _rs_x.is_content, CAST(_rs_h._rs_id AS BIGINT) AS _rs_from,
            _rs_h._rs_taste * _rs_x.taste AS _rs_a, _rs_h._rs_next * _rs_x.next AS _rs_b
        FROM _rs_history AS _rs_h
        JOIN "rec_store".main."movie_weights" AS _rs_x ON _rs_x.movie_id = _rs_h._rs_id
        WHERE _rs_h._rs_is_late
    ) AS _rs_w
    -- What is older than the latest 20 of a history counts together, by a few directions: see "rec_store".main."movie_tastes".
    UNION ALL
    SELECT _rs_t.movie_id, list_inner_product(_rs_o._rs_sums, _rs_t.takes), NULL
    FROM (
        SELECT list(_rs_sum ORDER BY _rs_at ASC) AS _rs_sums
        FROM (
            SELECT _rs_at, sum(_rs_part) AS _rs_sum
            FROM (
                SELECT _rs_h._rs_taste * unnest(_rs_g.gives) AS _rs_part, unnest(range(len(_rs_g.gives))) AS _rs_at
                FROM _rs_history AS _rs_h
                JOIN "rec_store".main."movie_tastes" AS _rs_g ON _rs_g.movie_id = _rs_h._rs_id
                WHERE NOT _rs_h._rs_is_late
            ) AS _rs_e
            GROUP BY _rs_at
        ) AS _rs_d
    ) AS _rs_o, "rec_store".main."movie_tastes" AS _rs_t
    WHERE _rs_o._rs_sums IS NOT NULL AND _rs_t.takes IS NOT NULL
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_seen
    UNION ALL
    SELECT _rs_id, -1e9, NULL FROM _rs_meant
    UNION ALL
    SELECT _rs_p._rs_id, 0, NULL
    FROM _rs_asked AS _rs_q
    JOIN (
        SELECT _rs_id, row_number() OVER (ORDER BY _rs_by DESC NULLS LAST, _rs_id ASC) AS _rs_place
        FROM (SELECT _rs_c._rs_id, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_by FROM _rs_candidates AS _rs_c) AS _rs_o
    ) AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_many
),
_rs_sums AS (
    SELECT
        _rs_id, CAST(round(sum(_rs_amount) * 100000) AS BIGINT) AS _rs_sum, coalesce(arg_max(_rs_cause, _rs_amount - 1e-14 * _rs_cause), -1) AS _rs_cause
    FROM _rs_contributions
    GROUP BY _rs_id
    HAVING sum(_rs_amount) > -10000
),
_rs_keys AS (
    SELECT
        CASE
            WHEN _rs_sum > 0 THEN _rs_sum
            WHEN _rs_sum = 0 THEN _rs_popularity - 1000000000
            ELSE _rs_sum - 2000000000
        END * 4294967296 + (2147483647 - CAST(_rs_id AS BIGINT)) AS _rs_key,
        _rs_cause
    FROM (
        SELECT
            _rs_s._rs_id, CAST(greatest(least(round(_rs_s._rs_sum * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END * (1e0 + _rs_a._rs_said.popularity * _rs_c._rs_share)), 2e9), -1e8) AS BIGINT) AS _rs_sum, _rs_s._rs_cause, CAST(least(greatest(round(_rs_c._rs_popularity * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('recommend_movies_for: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 0), 999999998) AS BIGINT) AS _rs_popularity
        FROM (SELECT {'popularity': CASE
    WHEN popularity IS NULL THEN 0e0
    WHEN TRY_CAST(popularity AS DOUBLE) BETWEEN -1 AND 1 THEN TRY_CAST(popularity AS DOUBLE)
    ELSE CAST(error('recommend_movies_for: popularity must be a number from -1 to 1, not ' || CAST(popularity AS VARCHAR)) AS DOUBLE)
END, 'diversity': CASE
    WHEN diversity IS NULL THEN 0e0
    WHEN TRY_CAST(diversity AS DOUBLE) BETWEEN 0 AND 1 THEN TRY_CAST(diversity AS DOUBLE)
    ELSE CAST(error('recommend_movies_for: diversity must be a number from 0 to 1, not ' || CAST(diversity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said) AS _rs_a, _rs_sums AS _rs_s
        JOIN _rs_candidates AS _rs_c ON _rs_c._rs_id = _rs_s._rs_id
    ) AS _rs_w
),
_rs_found AS (
    SELECT
        _rs_rank, nullif(_rs_cause, -1) AS _rs_cause, _rs_key >> 32 AS _rs_level, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id
    FROM (
        SELECT
            unnest(_rs_best) AS _rs_key, unnest(_rs_causes) AS _rs_cause, unnest(range(1, len(_rs_best) + 1)) AS _rs_rank
        FROM (
            SELECT
                list_transform(_rs_places, lambda _rs_x: _rs_keys[_rs_x]) AS _rs_best,
                list_transform(_rs_places, lambda _rs_x: _rs_causes[_rs_x].cause) AS _rs_causes
            FROM (
                SELECT *, -- Maximal marginal relevance (Carbonell and Goldstein 1998): the places in _rs_vectors, one after the other, of what has
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
                        coalesce(round(list_inner_product(_rs_vectors[_rs_i], _rs_vectors[_rs_next]) * 100000), 0e0))
                END)
            }
        )[1]
    )[1]
).chosen AS _rs_places
                FROM (
                    -- Beside the greatest score, as a cosine is beside 1; what only fills up the list has none.
                    SELECT
                        *, list_transform(_rs_sums, lambda _rs_x:
                            100000 * CAST(_rs_x AS DOUBLE) / greatest(_rs_sums[1], 1)) AS _rs_relevance
                    FROM (
                        SELECT
                            _rs_p._rs_k, _rs_p._rs_said, list(_rs_p._rs_key ORDER BY _rs_p._rs_key DESC) AS _rs_keys,
                            list(CASE
                                WHEN _rs_p._rs_key >> 32 > 0 THEN _rs_p._rs_key >> 32
                                WHEN _rs_p._rs_key >> 32 >= -1000000000 THEN 0
                                ELSE (_rs_p._rs_key >> 32) + 2000000000
                            END ORDER BY _rs_p._rs_key DESC) AS _rs_sums,
                            list(_rs_p._rs_cause ORDER BY _rs_p._rs_key DESC) AS _rs_causes,
                            list(CAST(_rs_v.vector AS DOUBLE[]) ORDER BY _rs_p._rs_key DESC) AS _rs_vectors
                        FROM (
                            SELECT _rs_k, _rs_said, unnest(_rs_keys) AS _rs_key, unnest(_rs_causes) AS _rs_cause
                            FROM (
                                SELECT
                                    _rs_k, _rs_said, max(_rs_key, greatest(100, 5 * _rs_k)) AS _rs_keys,
                                    arg_max({'cause': _rs_cause}, _rs_key, greatest(100, 5 * _rs_k)) AS _rs_causes
                                FROM (SELECT CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('recommend_movies_for: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, {'popularity': CASE
    WHEN popularity IS NULL THEN 0e0
    WHEN TRY_CAST(popularity AS DOUBLE) BETWEEN -1 AND 1 THEN TRY_CAST(popularity AS DOUBLE)
    ELSE CAST(error('recommend_movies_for: popularity must be a number from -1 to 1, not ' || CAST(popularity AS VARCHAR)) AS DOUBLE)
END, 'diversity': CASE
    WHEN diversity IS NULL THEN 0e0
    WHEN TRY_CAST(diversity AS DOUBLE) BETWEEN 0 AND 1 THEN TRY_CAST(diversity AS DOUBLE)
    ELSE CAST(error('recommend_movies_for: diversity must be a number from 0 to 1, not ' || CAST(diversity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said) AS _rs_a, _rs_keys
                                GROUP BY _rs_k, _rs_said
                            ) AS _rs_b
                        ) AS _rs_p
                        LEFT JOIN "rec_store".main."movie_vectors" AS _rs_v
                            ON _rs_v.movie_id = CAST(2147483647 - (_rs_p._rs_key & 4294967295) AS INTEGER)
                            AND _rs_v.space = 'hybrid'
                        GROUP BY _rs_p._rs_k, _rs_p._rs_said
                    ) AS _rs_c
                ) AS _rs_d
            ) AS _rs_e
        ) AS _rs_l
    ) AS _rs_t
)
SELECT
    CAST(_rs_f._rs_rank AS SMALLINT) AS rank, _rs_item.movie_id AS movie_id, _rs_item.title AS title, _rs_item.year AS year, _rs_item.genres AS genres, _rs_item.n_ratings AS n_ratings, _rs_item.mean_rating AS mean_rating, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_f._rs_level > 0 THEN _rs_f._rs_level / 1e5
        WHEN _rs_f._rs_level >= -1000000000 THEN 0
        ELSE (_rs_f._rs_level + 2000000000) / 1e5
    END AS FLOAT) AS score,
    _rs_because.title AS because,
    CASE
        WHEN _rs_f._rs_level <= 0 THEN 'popular'
        WHEN _rs_f._rs_cause % 4 = 2 THEN 'like it'
        WHEN _rs_f._rs_cause % 4 = 1 THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_found AS _rs_f
JOIN "rec_store".main."movies" AS _rs_item ON _rs_item.movie_id = _rs_f._rs_id
LEFT JOIN "rec_store".main."movies" AS _rs_because
    ON _rs_because.movie_id = CASE WHEN _rs_f._rs_level > 0 THEN CAST(_rs_f._rs_cause >> 2 AS INTEGER) END
ORDER BY _rs_f._rs_rank ASC
);
COMMENT ON MACRO TABLE "rec".main.recommend_movies_for IS 'What follows on a list of items, oldest first: recommend_movies_for(liked, k := 10, disliked, filter, exclude, boost, popularity, diversity, store)';

-- Why two movies are alike: the genres and tags that both have, how many people liked them (rated them 4 or more), and
-- how near they are in each space, with the place of the second among the nearest of the first.
CREATE MACRO "rec".main.why_similar(movie_a, movie_b, store := NULL) AS TABLE
WITH
-- Two items, by id or by name: _rs_pair, and in _rs_spaces how near they are in each space, with the place of the second
-- among the nearest of the first.
_rs_args AS (
    SELECT 1 AS _rs_side, trim(CAST(movie_a AS VARCHAR)) AS _rs_text, typeof(movie_a) AS _rs_type
    UNION ALL
    SELECT 2, trim(CAST(movie_b AS VARCHAR)), typeof(movie_b)
),
_rs_named AS (
    SELECT
        _rs_a._rs_side, _rs_a._rs_text, first(_rs_i.movie_id ORDER BY _rs_i.n_ratings DESC NULLS LAST, _rs_i.movie_id ASC) AS _rs_named_id
    FROM _rs_args AS _rs_a
    LEFT JOIN "rec_store".main."movies" AS _rs_i
        ON _rs_i.title = CASE
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
            WHEN regexp_matches(_rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_text AS INTEGER)
        END) AS _rs_id
        FROM _rs_named
    ) AS _rs_n
),
_rs_pair AS (
    SELECT _rs_a.movie_id AS _rs_first, _rs_b.movie_id AS _rs_second
    FROM _rs_identified AS _rs_i
    JOIN "rec_store".main."movies" AS _rs_a ON _rs_a.movie_id = _rs_i._rs_first
    JOIN "rec_store".main."movies" AS _rs_b ON _rs_b.movie_id = _rs_i._rs_second
),
_rs_cosines AS (
    SELECT
        _rs_q._rs_first AS _rs_of, _rs_q._rs_second AS _rs_to, _rs_v.space AS _rs_space,
        CAST(_rs_v.vector AS DOUBLE[]) AS _rs_asked,
        CAST(round(list_inner_product(CAST(_rs_v.vector AS DOUBLE[]), CAST(_rs_w.vector AS DOUBLE[])) * 100000)
            AS BIGINT) AS _rs_steps
    FROM _rs_pair AS _rs_q
    JOIN "rec_store".main."movie_vectors" AS _rs_v ON _rs_v.movie_id = _rs_q._rs_first
    JOIN "rec_store".main."movie_vectors" AS _rs_w ON _rs_w.movie_id = _rs_q._rs_second AND _rs_w.space = _rs_v.space
),
_rs_before AS (
    SELECT
        _rs_of, _rs_space, _rs_steps,
        count(*) FILTER (
            _rs_id <> _rs_of AND (_rs_near > _rs_steps OR (_rs_near = _rs_steps AND _rs_id < _rs_to))) AS _rs_nearer
    FROM (
        SELECT
            _rs_c._rs_of, _rs_c._rs_to, _rs_c._rs_space, _rs_c._rs_steps, _rs_o.movie_id AS _rs_id,
            round(list_inner_product(CAST(_rs_o.vector AS DOUBLE[]), _rs_c._rs_asked) * 100000) AS _rs_near
        FROM _rs_cosines AS _rs_c
        JOIN "rec_store".main."movie_vectors" AS _rs_o ON _rs_o.space = _rs_c._rs_space
    ) AS _rs_m
    GROUP BY _rs_of, _rs_space, _rs_steps
),
_rs_spaces AS (
    SELECT
        _rs_of,
        map(list(_rs_space ORDER BY _rs_space ASC), list(CAST(_rs_steps / 1e5 AS FLOAT) ORDER BY _rs_space ASC)) AS _rs_scores,
        map(list(_rs_space ORDER BY _rs_space ASC), list(_rs_nearer + 1 ORDER BY _rs_space ASC)) AS _rs_ranks
    FROM _rs_before
    GROUP BY _rs_of
),

_rs_sides AS (
    SELECT _rs_first AS _rs_of, _rs_first AS _rs_id, true AS _rs_is_first FROM _rs_pair
    UNION ALL
    SELECT _rs_first, _rs_second, false FROM _rs_pair
),
_rs_tagged AS (
    SELECT _rs_of, list(_rs_tag ORDER BY _rs_often DESC, _rs_tag ASC) AS _rs_tags
    FROM (
        SELECT _rs_s._rs_of, lower(trim(_rs_t.tag)) AS _rs_tag, count(*) AS _rs_often
        FROM _rs_sides AS _rs_s
        JOIN "rec_store".main."tags" AS _rs_t ON _rs_t.movie_id = _rs_s._rs_id
        GROUP BY _rs_s._rs_of, lower(trim(_rs_t.tag))
        HAVING bool_or(_rs_s._rs_is_first) AND NOT bool_and(_rs_s._rs_is_first)
    ) AS _rs_c
    GROUP BY _rs_of
),
_rs_liked AS (
    SELECT
        _rs_of, count(*) FILTER (_rs_likes_a) AS _rs_a, count(*) FILTER (_rs_likes_b) AS _rs_b,
        count(*) FILTER (_rs_likes_a AND _rs_likes_b) AS _rs_both
    FROM (
        SELECT
            _rs_s._rs_of, bool_or(_rs_s._rs_is_first) AS _rs_likes_a, NOT bool_and(_rs_s._rs_is_first) AS _rs_likes_b
        FROM _rs_sides AS _rs_s
        JOIN "rec_store".main."ratings" AS _rs_r ON _rs_r.movie_id = _rs_s._rs_id
        WHERE _rs_r.rating >= 4
        GROUP BY _rs_s._rs_of, _rs_r.user_id
    ) AS _rs_p
    GROUP BY _rs_of
)
SELECT
    _rs_a.movie_id AS movie_a,
    _rs_b.movie_id AS movie_b,
    _rs_a.title AS title_a,
    _rs_b.title AS title_b,
    list_filter(_rs_a.genres, lambda _rs_x: list_contains(_rs_b.genres, _rs_x)) AS shared_genres,
    coalesce(_rs_t._rs_tags, []) AS shared_tags,
    coalesce(_rs_l._rs_both, 0) AS liked_both,
    coalesce(_rs_l._rs_a, 0) AS liked_a,
    coalesce(_rs_l._rs_b, 0) AS liked_b,
    _rs_s._rs_scores AS scores,
    CASE WHEN _rs_q._rs_first <> _rs_q._rs_second THEN _rs_s._rs_ranks END AS ranks
FROM _rs_pair AS _rs_q
JOIN "rec_store".main."movies" AS _rs_a ON _rs_a.movie_id = _rs_q._rs_first
JOIN "rec_store".main."movies" AS _rs_b ON _rs_b.movie_id = _rs_q._rs_second
LEFT JOIN _rs_tagged AS _rs_t ON _rs_t._rs_of = _rs_q._rs_first
LEFT JOIN _rs_liked AS _rs_l ON _rs_l._rs_of = _rs_q._rs_first
LEFT JOIN _rs_spaces AS _rs_s ON _rs_s._rs_of = _rs_q._rs_first;
COMMENT ON MACRO TABLE "rec".main.why_similar IS 'Why two movies are alike, in one row: why_similar(movie_a, movie_b, store)';

-- Why two movies are alike: the genres and tags that both have, how many people liked them (rated them 4 or more), and
-- how near they are in each space, with the place of the second among the nearest of the first.
CREATE MACRO "rec".main.why_movies(movie_a, movie_b, store := NULL) AS TABLE
WITH
-- Two items, by id or by name: _rs_pair, and in _rs_spaces how near they are in each space, with the place of the second
-- among the nearest of the first.
_rs_args AS (
    SELECT 1 AS _rs_side, trim(CAST(movie_a AS VARCHAR)) AS _rs_text, typeof(movie_a) AS _rs_type
    UNION ALL
    SELECT 2, trim(CAST(movie_b AS VARCHAR)), typeof(movie_b)
),
_rs_named AS (
    SELECT
        _rs_a._rs_side, _rs_a._rs_text, first(_rs_i.movie_id ORDER BY _rs_i.n_ratings DESC NULLS LAST, _rs_i.movie_id ASC) AS _rs_named_id
    FROM _rs_args AS _rs_a
    LEFT JOIN "rec_store".main."movies" AS _rs_i
        ON _rs_i.title = CASE
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
            WHEN regexp_matches(_rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_text AS INTEGER)
        END) AS _rs_id
        FROM _rs_named
    ) AS _rs_n
),
_rs_pair AS (
    SELECT _rs_a.movie_id AS _rs_first, _rs_b.movie_id AS _rs_second
    FROM _rs_identified AS _rs_i
    JOIN "rec_store".main."movies" AS _rs_a ON _rs_a.movie_id = _rs_i._rs_first
    JOIN "rec_store".main."movies" AS _rs_b ON _rs_b.movie_id = _rs_i._rs_second
),
_rs_cosines AS (
    SELECT
        _rs_q._rs_first AS _rs_of, _rs_q._rs_second AS _rs_to, _rs_v.space AS _rs_space,
        CAST(_rs_v.vector AS DOUBLE[]) AS _rs_asked,
        CAST(round(list_inner_product(CAST(_rs_v.vector AS DOUBLE[]), CAST(_rs_w.vector AS DOUBLE[])) * 100000)
            AS BIGINT) AS _rs_steps
    FROM _rs_pair AS _rs_q
    JOIN "rec_store".main."movie_vectors" AS _rs_v ON _rs_v.movie_id = _rs_q._rs_first
    JOIN "rec_store".main."movie_vectors" AS _rs_w ON _rs_w.movie_id = _rs_q._rs_second AND _rs_w.space = _rs_v.space
),
_rs_before AS (
    SELECT
        _rs_of, _rs_space, _rs_steps,
        count(*) FILTER (
            _rs_id <> _rs_of AND (_rs_near > _rs_steps OR (_rs_near = _rs_steps AND _rs_id < _rs_to))) AS _rs_nearer
    FROM (
        SELECT
            _rs_c._rs_of, _rs_c._rs_to, _rs_c._rs_space, _rs_c._rs_steps, _rs_o.movie_id AS _rs_id,
            round(list_inner_product(CAST(_rs_o.vector AS DOUBLE[]), _rs_c._rs_asked) * 100000) AS _rs_near
        FROM _rs_cosines AS _rs_c
        JOIN "rec_store".main."movie_vectors" AS _rs_o ON _rs_o.space = _rs_c._rs_space
    ) AS _rs_m
    GROUP BY _rs_of, _rs_space, _rs_steps
),
_rs_spaces AS (
    SELECT
        _rs_of,
        map(list(_rs_space ORDER BY _rs_space ASC), list(CAST(_rs_steps / 1e5 AS FLOAT) ORDER BY _rs_space ASC)) AS _rs_scores,
        map(list(_rs_space ORDER BY _rs_space ASC), list(_rs_nearer + 1 ORDER BY _rs_space ASC)) AS _rs_ranks
    FROM _rs_before
    GROUP BY _rs_of
),

_rs_sides AS (
    SELECT _rs_first AS _rs_of, _rs_first AS _rs_id, true AS _rs_is_first FROM _rs_pair
    UNION ALL
    SELECT _rs_first, _rs_second, false FROM _rs_pair
),
_rs_tagged AS (
    SELECT _rs_of, list(_rs_tag ORDER BY _rs_often DESC, _rs_tag ASC) AS _rs_tags
    FROM (
        SELECT _rs_s._rs_of, lower(trim(_rs_t.tag)) AS _rs_tag, count(*) AS _rs_often
        FROM _rs_sides AS _rs_s
        JOIN "rec_store".main."tags" AS _rs_t ON _rs_t.movie_id = _rs_s._rs_id
        GROUP BY _rs_s._rs_of, lower(trim(_rs_t.tag))
        HAVING bool_or(_rs_s._rs_is_first) AND NOT bool_and(_rs_s._rs_is_first)
    ) AS _rs_c
    GROUP BY _rs_of
),
_rs_liked AS (
    SELECT
        _rs_of, count(*) FILTER (_rs_likes_a) AS _rs_a, count(*) FILTER (_rs_likes_b) AS _rs_b,
        count(*) FILTER (_rs_likes_a AND _rs_likes_b) AS _rs_both
    FROM (
        SELECT
            _rs_s._rs_of, bool_or(_rs_s._rs_is_first) AS _rs_likes_a, NOT bool_and(_rs_s._rs_is_first) AS _rs_likes_b
        FROM _rs_sides AS _rs_s
        JOIN "rec_store".main."ratings" AS _rs_r ON _rs_r.movie_id = _rs_s._rs_id
        WHERE _rs_r.rating >= 4
        GROUP BY _rs_s._rs_of, _rs_r.user_id
    ) AS _rs_p
    GROUP BY _rs_of
)
SELECT
    _rs_a.movie_id AS movie_a,
    _rs_b.movie_id AS movie_b,
    _rs_a.title AS title_a,
    _rs_b.title AS title_b,
    list_filter(_rs_a.genres, lambda _rs_x: list_contains(_rs_b.genres, _rs_x)) AS shared_genres,
    coalesce(_rs_t._rs_tags, []) AS shared_tags,
    coalesce(_rs_l._rs_both, 0) AS liked_both,
    coalesce(_rs_l._rs_a, 0) AS liked_a,
    coalesce(_rs_l._rs_b, 0) AS liked_b,
    _rs_s._rs_scores AS scores,
    CASE WHEN _rs_q._rs_first <> _rs_q._rs_second THEN _rs_s._rs_ranks END AS ranks
FROM _rs_pair AS _rs_q
JOIN "rec_store".main."movies" AS _rs_a ON _rs_a.movie_id = _rs_q._rs_first
JOIN "rec_store".main."movies" AS _rs_b ON _rs_b.movie_id = _rs_q._rs_second
LEFT JOIN _rs_tagged AS _rs_t ON _rs_t._rs_of = _rs_q._rs_first
LEFT JOIN _rs_liked AS _rs_l ON _rs_l._rs_of = _rs_q._rs_first
LEFT JOIN _rs_spaces AS _rs_s ON _rs_s._rs_of = _rs_q._rs_first;
COMMENT ON MACRO TABLE "rec".main.why_movies IS 'Why two movies are alike, in one row: why_movies(movie_a, movie_b, store)';

CREATE MACRO "rec".main.similar_audio(clip, k := 10) AS TABLE (
-- The items most like one item, or several: the stored neighbours where they are enough, else an exact ranking.
--
-- Every argument is bound in a SELECT without FROM, and every name that the body makes begins with _rs_, so that the
-- caller's own names are never captured; it stands first in its FROM, since what stands before it would be in scope.
-- Whether the stored neighbours may not be enough is decided by a condition that DuckDB folds when it plans. It stands
-- where the answers of the exact ranking are read, so that nothing below is planned or scanned where it is false. Where
-- it depends on the rows of a join, no question goes there for which it does not hold.
WITH
_rs_args AS (
    SELECT _rs_given, CAST(_rs_given AS VARCHAR) AS _rs_of, _rs_k
    FROM (SELECT clip AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_audio: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_g
),
_rs_one AS (
    -- Where a number is asked for, DuckDB leaves the names out of its plan. A list of one number is as that number.
    SELECT _rs_of, _rs_k, TRY_CAST(regexp_extract(_rs_of, '^\[?([+-]?[0-9]+)([.]0*)?\]?$', 1) AS INTEGER) AS _rs_id
    FROM _rs_args WHERE regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)')
    UNION ALL
    SELECT _rs_n._rs_of, _rs_n._rs_k, coalesce(min({'preferred': + _rs_i.start_seconds, 'id': _rs_i.clip_id}).id,
        CASE WHEN regexp_matches(_rs_n._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_n._rs_text AS INTEGER) END)
    FROM (
        SELECT *, trim(_rs_of) AS _rs_text FROM _rs_args WHERE NOT regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)|]$')
    ) AS _rs_n
    LEFT JOIN "rec_store".main."audio_clips" AS _rs_i ON _rs_i.video_id = _rs_n._rs_text
    GROUP BY _rs_n._rs_of, _rs_n._rs_k, _rs_n._rs_text
),
_rs_named AS (
    SELECT _rs_of, _rs_k, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, unnest(CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END) AS _rs_text
    FROM _rs_args
    WHERE (typeof(_rs_given) LIKE '%]' AND NOT (regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AND regexp_matches(_rs_of, '^\[?([+-]?[0-9]+)([.]0*)?\]?$'))) OR _rs_k > 50
),
_rs_meant AS (
    -- Of several items of that name the preferred one; what is no name is an id.
    SELECT
        _rs_of, _rs_k,
        coalesce(min({'preferred': + _rs_i.start_seconds, 'id': _rs_i.clip_id}).id,
            CASE WHEN regexp_matches(_rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_text AS INTEGER) END) AS _rs_id
    FROM (SELECT * REPLACE (trim(_rs_text) AS _rs_text) FROM _rs_named) AS _rs_n
    LEFT JOIN "rec_store".main."audio_clips" AS _rs_i ON _rs_i.video_id = CASE WHEN NOT _rs_n._rs_is_number THEN _rs_n._rs_text END
    GROUP BY _rs_of, _rs_k, _rs_text
),
_rs_answers AS (
    SELECT _rs_space, max(_rs_key, _rs_k) AS _rs_keys
    FROM (
        SELECT
            _rs_e._rs_of, _rs_e._rs_k, _rs_e._rs_space,
            CAST(round(avg(list_inner_product(CAST(_rs_c.vector AS DOUBLE[]), CAST(_rs_e._rs_vector AS DOUBLE[]))) * 100000) AS BIGINT)
                * 4294967296 + (2147483647 - CAST(_rs_c.clip_id AS BIGINT)) AS _rs_key
        FROM (
            SELECT
                _rs_n.*, _rs_v.space AS _rs_space, _rs_v.vector AS _rs_vector,
                list_position(['labels', 'mean'], _rs_v.space) = min(list_position(['labels', 'mean'], _rs_v.space)) OVER (PARTITION BY _rs_n._rs_of, _rs_n._rs_k) AS _rs_is_asked
            FROM (SELECT DISTINCT * FROM _rs_meant) AS _rs_n
            JOIN "rec_store".main."audio_vectors" AS _rs_v ON _rs_v.clip_id = _rs_n._rs_id
        ) AS _rs_e
        JOIN "rec_store".main."audio_vectors" AS _rs_c ON _rs_c.space = _rs_e._rs_space
        WHERE _rs_e._rs_is_asked
        GROUP BY _rs_e._rs_of, _rs_e._rs_k, _rs_e._rs_space, _rs_c.clip_id
        HAVING NOT bool_or(_rs_c.clip_id = _rs_e._rs_id)
    ) AS _rs_s
    GROUP BY _rs_of, _rs_k, _rs_space
),

_rs_ranked AS (
    SELECT
        _rs_b.rank AS _rs_rank, _rs_b.neighbor_id AS _rs_id, _rs_b.space AS _rs_space, _rs_b.score AS _rs_score
    FROM (
        SELECT _rs_o._rs_k, _rs_o._rs_id, arg_min(_rs_v.space, list_position(['labels', 'mean'], _rs_v.space)) AS _rs_space
        FROM _rs_one AS _rs_o
        JOIN "rec_store".main."audio_vectors" AS _rs_v ON _rs_v.clip_id = _rs_o._rs_id
        GROUP BY _rs_o._rs_of, _rs_o._rs_k, _rs_o._rs_id
    ) AS _rs_a
    JOIN "rec_store".main."audio_neighbors" AS _rs_b
        ON _rs_b.clip_id = _rs_a._rs_id AND _rs_b.space = _rs_a._rs_space AND _rs_b.rank <= _rs_a._rs_k AND _rs_a._rs_k <= 50
    UNION ALL
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM (SELECT DISTINCT 1 AS _rs_one
FROM (SELECT clip AS _rs_given, coalesce(TRY_CAST(k AS DOUBLE) > 50, false) AS _rs_is_deep) AS _rs_j WHERE typeof(_rs_given) LIKE '%]' OR _rs_is_deep) AS _rs_far, _rs_answers
    ) AS _rs_t

)
SELECT _rs_r._rs_rank AS rank, _rs_item.clip_id AS clip_id, _rs_item.video_id AS video_id, _rs_item.start_seconds AS start_seconds, _rs_item.end_seconds AS end_seconds, _rs_item.labels AS labels, CASE WHEN _rs_item.video_id LIKE '/%' THEN concat('file://', replace(replace(url_encode(_rs_item.video_id), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) WHEN _rs_item.video_id LIKE '_:%' THEN concat('file:///', substr(_rs_item.video_id, 1, 2), replace(replace(url_encode(replace(substr(_rs_item.video_id, 3), '\', '/')), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) ELSE concat('https://www.youtube.com/watch?v=', _rs_item.video_id, '&t=', CAST(_rs_item.start_seconds AS INTEGER), 's') END AS url, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."audio_clips" AS _rs_item ON _rs_item.clip_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (clip, store, k := 10) AS TABLE (
-- The items most like one item, or several: the stored neighbours where they are enough, else an exact ranking.
--
-- Every argument is bound in a SELECT without FROM, and every name that the body makes begins with _rs_, so that the
-- caller's own names are never captured; it stands first in its FROM, since what stands before it would be in scope.
-- Whether the stored neighbours may not be enough is decided by a condition that DuckDB folds when it plans. It stands
-- where the answers of the exact ranking are read, so that nothing below is planned or scanned where it is false. Where
-- it depends on the rows of a join, no question goes there for which it does not hold.
WITH
_rs_args AS (
    SELECT _rs_given, CAST(_rs_given AS VARCHAR) AS _rs_of, _rs_k
    FROM (SELECT clip AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_audio: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k) AS _rs_g
),
_rs_one AS (
    -- Where a number is asked for, DuckDB leaves the names out of its plan. A list of one number is as that number.
    SELECT _rs_of, _rs_k, TRY_CAST(regexp_extract(_rs_of, '^\[?([+-]?[0-9]+)([.]0*)?\]?$', 1) AS INTEGER) AS _rs_id
    FROM _rs_args WHERE regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)')
    UNION ALL
    SELECT _rs_n._rs_of, _rs_n._rs_k, coalesce(min({'preferred': + _rs_i.start_seconds, 'id': _rs_i.clip_id}).id,
        CASE WHEN regexp_matches(_rs_n._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_n._rs_text AS INTEGER) END)
    FROM (
        SELECT *, trim(_rs_of) AS _rs_text FROM _rs_args WHERE NOT regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)|]$')
    ) AS _rs_n
    LEFT JOIN "rec_store".main."audio_clips" AS _rs_i ON _rs_i.video_id = _rs_n._rs_text
    GROUP BY _rs_n._rs_of, _rs_n._rs_k, _rs_n._rs_text
),
_rs_named AS (
    SELECT _rs_of, _rs_k, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, unnest(CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END) AS _rs_text
    FROM _rs_args
    WHERE (typeof(_rs_given) LIKE '%]' AND NOT (regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AND regexp_matches(_rs_of, '^\[?([+-]?[0-9]+)([.]0*)?\]?$'))) OR _rs_k > 50
),
_rs_meant AS (
    -- Of several items of that name the preferred one; what is no name is an id.
    SELECT
        _rs_of, _rs_k,
        coalesce(min({'preferred': + _rs_i.start_seconds, 'id': _rs_i.clip_id}).id,
            CASE WHEN regexp_matches(_rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_text AS INTEGER) END) AS _rs_id
    FROM (SELECT * REPLACE (trim(_rs_text) AS _rs_text) FROM _rs_named) AS _rs_n
    LEFT JOIN "rec_store".main."audio_clips" AS _rs_i ON _rs_i.video_id = CASE WHEN NOT _rs_n._rs_is_number THEN _rs_n._rs_text END
    GROUP BY _rs_of, _rs_k, _rs_text
),
_rs_answers AS (
    SELECT _rs_space, max(_rs_key, _rs_k) AS _rs_keys
    FROM (
        SELECT
            _rs_e._rs_of, _rs_e._rs_k, _rs_e._rs_space,
            CAST(round(avg(list_inner_product(CAST(_rs_c.vector AS DOUBLE[]), CAST(_rs_e._rs_vector AS DOUBLE[]))) * 100000) AS BIGINT)
                * 4294967296 + (2147483647 - CAST(_rs_c.clip_id AS BIGINT)) AS _rs_key
        FROM (
            SELECT
                _rs_n.*, _rs_v.space AS _rs_space, _rs_v.vector AS _rs_vector,
                list_position(['labels', 'mean'], _rs_v.space) = min(list_position(['labels', 'mean'], _rs_v.space)) OVER (PARTITION BY _rs_n._rs_of, _rs_n._rs_k) AS _rs_is_asked
            FROM (SELECT DISTINCT * FROM _rs_meant) AS _rs_n
            JOIN "rec_store".main."audio_vectors" AS _rs_v ON _rs_v.clip_id = _rs_n._rs_id
        ) AS _rs_e
        JOIN "rec_store".main."audio_vectors" AS _rs_c ON _rs_c.space = _rs_e._rs_space
        WHERE _rs_e._rs_is_asked
        GROUP BY _rs_e._rs_of, _rs_e._rs_k, _rs_e._rs_space, _rs_c.clip_id
        HAVING NOT bool_or(_rs_c.clip_id = _rs_e._rs_id)
    ) AS _rs_s
    GROUP BY _rs_of, _rs_k, _rs_space
),

_rs_ranked AS (
    SELECT
        _rs_b.rank AS _rs_rank, _rs_b.neighbor_id AS _rs_id, _rs_b.space AS _rs_space, _rs_b.score AS _rs_score
    FROM (
        SELECT _rs_o._rs_k, _rs_o._rs_id, arg_min(_rs_v.space, list_position(['labels', 'mean'], _rs_v.space)) AS _rs_space
        FROM _rs_one AS _rs_o
        JOIN "rec_store".main."audio_vectors" AS _rs_v ON _rs_v.clip_id = _rs_o._rs_id
        GROUP BY _rs_o._rs_of, _rs_o._rs_k, _rs_o._rs_id
    ) AS _rs_a
    JOIN "rec_store".main."audio_neighbors" AS _rs_b
        ON _rs_b.clip_id = _rs_a._rs_id AND _rs_b.space = _rs_a._rs_space AND _rs_b.rank <= _rs_a._rs_k AND _rs_a._rs_k <= 50
    UNION ALL
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM (SELECT DISTINCT 1 AS _rs_one
FROM (SELECT clip AS _rs_given, coalesce(TRY_CAST(k AS DOUBLE) > 50, false) AS _rs_is_deep) AS _rs_j WHERE typeof(_rs_given) LIKE '%]' OR _rs_is_deep) AS _rs_far, _rs_answers
    ) AS _rs_t

)
SELECT _rs_r._rs_rank AS rank, _rs_item.clip_id AS clip_id, _rs_item.video_id AS video_id, _rs_item.start_seconds AS start_seconds, _rs_item.end_seconds AS end_seconds, _rs_item.labels AS labels, CASE WHEN _rs_item.video_id LIKE '/%' THEN concat('file://', replace(replace(url_encode(_rs_item.video_id), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) WHEN _rs_item.video_id LIKE '_:%' THEN concat('file:///', substr(_rs_item.video_id, 1, 2), replace(replace(url_encode(replace(substr(_rs_item.video_id, 3), '\', '/')), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) ELSE concat('https://www.youtube.com/watch?v=', _rs_item.video_id, '&t=', CAST(_rs_item.start_seconds AS INTEGER), 's') END AS url, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."audio_clips" AS _rs_item ON _rs_item.clip_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (clip, space, k := 10, store := NULL) AS TABLE (
-- The items most like one item, or several: the stored neighbours where they are enough, else an exact ranking.
--
-- Every argument is bound in a SELECT without FROM, and every name that the body makes begins with _rs_, so that the
-- caller's own names are never captured; it stands first in its FROM, since what stands before it would be in scope.
-- Whether the stored neighbours may not be enough is decided by a condition that DuckDB folds when it plans. It stands
-- where the answers of the exact ranking are read, so that nothing below is planned or scanned where it is false. Where
-- it depends on the rows of a join, no question goes there for which it does not hold.
WITH
_rs_args AS (
    SELECT _rs_given, CAST(_rs_given AS VARCHAR) AS _rs_of, _rs_k, _rs_spaces
    FROM (SELECT clip AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_audio: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, CASE
    WHEN typeof(space) LIKE '%]' THEN TRY_CAST(space AS VARCHAR[])
    ELSE [CAST(space AS VARCHAR)]
END AS _rs_spaces) AS _rs_g
),
_rs_checked AS (
    SELECT
        * REPLACE (CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN (len(_rs_spaces) > 0 AND len(_rs_wrong) = 0) OR _rs_spaces = ['labels', 'mean'] THEN _rs_spaces
            ELSE CAST(error('similar_audio: there is no space '
                || coalesce(nullif(array_to_string(list_transform(_rs_wrong,
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS VARCHAR[])
        END AS _rs_spaces)
    FROM (
        SELECT *, list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)) AS _rs_wrong
        FROM _rs_args, (
            SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
            FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'audio'
        ) AS _rs_spaces_of_catalog
    ) AS _rs_w
),
_rs_one AS (
    -- Where a number is asked for, DuckDB leaves the names out of its plan. A list of one number is as that number.
    SELECT _rs_of, _rs_k, _rs_spaces, TRY_CAST(regexp_extract(_rs_of, '^\[?([+-]?[0-9]+)([.]0*)?\]?$', 1) AS INTEGER) AS _rs_id
    FROM _rs_checked WHERE regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)')
    UNION ALL
    SELECT _rs_n._rs_of, _rs_n._rs_k, _rs_n._rs_spaces, coalesce(min({'preferred': + _rs_i.start_seconds, 'id': _rs_i.clip_id}).id,
        CASE WHEN regexp_matches(_rs_n._rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_n._rs_text AS INTEGER) END)
    FROM (
        SELECT *, trim(_rs_of) AS _rs_text FROM _rs_checked WHERE NOT regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)|]$')
    ) AS _rs_n
    LEFT JOIN "rec_store".main."audio_clips" AS _rs_i ON _rs_i.video_id = _rs_n._rs_text
    GROUP BY _rs_n._rs_of, _rs_n._rs_k, _rs_n._rs_spaces, _rs_n._rs_text
),
_rs_named AS (
    SELECT _rs_of, _rs_k, _rs_spaces, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, unnest(CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END) AS _rs_text
    FROM _rs_checked
    WHERE (typeof(_rs_given) LIKE '%]' AND NOT (regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AND regexp_matches(_rs_of, '^\[?([+-]?[0-9]+)([.]0*)?\]?$'))) OR _rs_k > 50
),
_rs_meant AS (
    -- Of several items of that name the preferred one; what is no name is an id.
    SELECT
        _rs_of, _rs_k, _rs_spaces,
        coalesce(min({'preferred': + _rs_i.start_seconds, 'id': _rs_i.clip_id}).id,
            CASE WHEN regexp_matches(_rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_text AS INTEGER) END) AS _rs_id
    FROM (SELECT * REPLACE (trim(_rs_text) AS _rs_text) FROM _rs_named) AS _rs_n
    LEFT JOIN "rec_store".main."audio_clips" AS _rs_i ON _rs_i.video_id = CASE WHEN NOT _rs_n._rs_is_number THEN _rs_n._rs_text END
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_text
),
_rs_answers AS (
    SELECT _rs_space, max(_rs_key, _rs_k) AS _rs_keys
    FROM (
        SELECT
            _rs_e._rs_of, _rs_e._rs_k, _rs_e._rs_space,
            CAST(round(avg(list_inner_product(CAST(_rs_c.vector AS DOUBLE[]), CAST(_rs_e._rs_vector AS DOUBLE[]))) * 100000) AS BIGINT)
                * 4294967296 + (2147483647 - CAST(_rs_c.clip_id AS BIGINT)) AS _rs_key
        FROM (
            SELECT
                _rs_n.*, _rs_v.space AS _rs_space, _rs_v.vector AS _rs_vector,
                list_position(_rs_spaces, _rs_v.space) = min(list_position(_rs_spaces, _rs_v.space)) OVER (PARTITION BY _rs_n._rs_of, _rs_n._rs_k, _rs_n._rs_spaces) AS _rs_is_asked
            FROM (SELECT DISTINCT * FROM _rs_meant) AS _rs_n
            JOIN "rec_store".main."audio_vectors" AS _rs_v ON _rs_v.clip_id = _rs_n._rs_id
        ) AS _rs_e
        JOIN "rec_store".main."audio_vectors" AS _rs_c ON _rs_c.space = _rs_e._rs_space
        WHERE _rs_e._rs_is_asked
        GROUP BY _rs_e._rs_of, _rs_e._rs_k, _rs_e._rs_spaces, _rs_e._rs_space, _rs_c.clip_id
        HAVING NOT bool_or(_rs_c.clip_id = _rs_e._rs_id)
    ) AS _rs_s
    GROUP BY _rs_of, _rs_k, _rs_space
),

_rs_ranked AS (
    SELECT
        _rs_b.rank AS _rs_rank, _rs_b.neighbor_id AS _rs_id, _rs_b.space AS _rs_space, _rs_b.score AS _rs_score
    FROM (
        SELECT _rs_o._rs_k, _rs_o._rs_id, arg_min(_rs_v.space, list_position(_rs_spaces, _rs_v.space)) AS _rs_space
        FROM _rs_one AS _rs_o
        JOIN "rec_store".main."audio_vectors" AS _rs_v ON _rs_v.clip_id = _rs_o._rs_id
        GROUP BY _rs_o._rs_of, _rs_o._rs_k, _rs_o._rs_spaces, _rs_o._rs_id
    ) AS _rs_a
    JOIN "rec_store".main."audio_neighbors" AS _rs_b
        ON _rs_b.clip_id = _rs_a._rs_id AND _rs_b.space = _rs_a._rs_space AND _rs_b.rank <= _rs_a._rs_k AND _rs_a._rs_k <= 50
    UNION ALL
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM (SELECT DISTINCT 1 AS _rs_one
FROM (SELECT clip AS _rs_given, coalesce(TRY_CAST(k AS DOUBLE) > 50, false) AS _rs_is_deep) AS _rs_j WHERE typeof(_rs_given) LIKE '%]' OR _rs_is_deep) AS _rs_far, _rs_answers
    ) AS _rs_t

    -- Never a row: raises the error of a wrong space where DuckDB need not look at the other branches.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), 0, '', CAST(0 AS FLOAT) FROM _rs_checked WHERE len(_rs_spaces) = 0
)
SELECT _rs_r._rs_rank AS rank, _rs_item.clip_id AS clip_id, _rs_item.video_id AS video_id, _rs_item.start_seconds AS start_seconds, _rs_item.end_seconds AS end_seconds, _rs_item.labels AS labels, CASE WHEN _rs_item.video_id LIKE '/%' THEN concat('file://', replace(replace(url_encode(_rs_item.video_id), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) WHEN _rs_item.video_id LIKE '_:%' THEN concat('file:///', substr(_rs_item.video_id, 1, 2), replace(replace(url_encode(replace(substr(_rs_item.video_id, 3), '\', '/')), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) ELSE concat('https://www.youtube.com/watch?v=', _rs_item.video_id, '&t=', CAST(_rs_item.start_seconds AS INTEGER), 's') END AS url, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."audio_clips" AS _rs_item ON _rs_item.clip_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (clip, filter, k := 10, store := NULL, space := ['labels', 'mean']) AS TABLE (
-- The items most like one item, or several, with what similar.sql does not know: every candidate is ranked.
WITH
_rs_args AS (
    SELECT CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END AS _rs_of, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, * EXCLUDE _rs_given
    FROM (
        SELECT clip AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_audio: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, CASE
    WHEN typeof(space) LIKE '%]' THEN TRY_CAST(space AS VARCHAR[])
    ELSE [CAST(space AS VARCHAR)]
END AS _rs_spaces, true AS _rs_said
    ) AS _rs_i
),
_rs_checked AS (
    SELECT
        * REPLACE (CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN (len(_rs_spaces) > 0 AND len(_rs_wrong) = 0) OR _rs_spaces = ['labels', 'mean'] THEN _rs_spaces
            ELSE CAST(error('similar_audio: there is no space '
                || coalesce(nullif(array_to_string(list_transform(_rs_wrong,
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS VARCHAR[])
        END AS _rs_spaces)
    FROM (
        SELECT *, list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)) AS _rs_wrong
        FROM _rs_args, (
            SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
            FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'audio'
        ) AS _rs_spaces_of_catalog
    ) AS _rs_w
),
_rs_named AS (
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_is_number, 1 AS _rs_role, unnest(_rs_of) AS _rs_text FROM _rs_checked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, + _rs_i.start_seconds AS _rs_preferred, _rs_i.clip_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."audio_clips" AS _rs_i ON _rs_i.video_id = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        _rs_of, _rs_k, _rs_spaces, _rs_said, list(DISTINCT _rs_id) AS _rs_apart,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = 1), []) AS _rs_liked,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = -1), []) AS _rs_disliked
    FROM _rs_meant
    WHERE _rs_id IS NOT NULL
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said
),
_rs_sides AS (
    SELECT
        _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart,
        arg_min(_rs_v.space, list_position(_rs_a._rs_spaces, _rs_v.space)) FILTER (_rs_a._rs_is_liked) AS _rs_space,
        list({'space': _rs_v.space, 'is_liked': _rs_a._rs_is_liked, 'vector': CAST(_rs_v.vector AS DOUBLE[])}
            ORDER BY _rs_a._rs_id ASC) AS _rs_sides
    FROM (
        SELECT
            *, unnest(list_concat(_rs_liked, _rs_disliked)) AS _rs_id,
            unnest(range(1, len(_rs_liked) + len(_rs_disliked) + 1)) <= len(_rs_liked) AS _rs_is_liked
        FROM _rs_asked
    ) AS _rs_a
    JOIN "rec_store".main."audio_vectors" AS _rs_v ON _rs_v.clip_id = _rs_a._rs_id AND list_contains(_rs_a._rs_spaces, _rs_v.space)
    GROUP BY _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart
),
_rs_questions AS (
    SELECT _rs_of AS _rs_number, _rs_k, _rs_said, _rs_space, _rs_apart, -- Of several examples the mean, less half the mean of those against: its product with a unit vector is the mean of
-- the cosines with the ones, less half the mean of the cosines with the others.
CASE
    WHEN len(_rs_for) = 1 AND len(_rs_against) = 0 THEN _rs_for[1]
    ELSE list_transform(range(1, len(_rs_for[1]) + 1), lambda _rs_d:
        list_avg(list_transform(_rs_for, lambda _rs_x: _rs_x[_rs_d]))
        - coalesce(0.5e0 * list_avg(list_transform(_rs_against, lambda _rs_x: _rs_x[_rs_d])), 0e0))
END AS _rs_vector
    FROM (
        SELECT
            *, list_transform(list_filter(_rs_sides, lambda _rs_x: _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_for,
            list_transform(list_filter(_rs_sides, lambda _rs_x: NOT _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_against
        FROM _rs_sides
        WHERE _rs_space IS NOT NULL
    ) AS _rs_s
),
-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."audio_vectors" AS _rs_v
        JOIN (
            SELECT clip_id AS _rs_id
            FROM "rec_store".main."audio_clips"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.clip_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_checked
    WHERE _rs_k IS NULL OR len(_rs_spaces) = 0 OR _rs_said IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.clip_id AS clip_id, _rs_item.video_id AS video_id, _rs_item.start_seconds AS start_seconds, _rs_item.end_seconds AS end_seconds, _rs_item.labels AS labels, CASE WHEN _rs_item.video_id LIKE '/%' THEN concat('file://', replace(replace(url_encode(_rs_item.video_id), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) WHEN _rs_item.video_id LIKE '_:%' THEN concat('file:///', substr(_rs_item.video_id, 1, 2), replace(replace(url_encode(replace(substr(_rs_item.video_id, 3), '\', '/')), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) ELSE concat('https://www.youtube.com/watch?v=', _rs_item.video_id, '&t=', CAST(_rs_item.start_seconds AS INTEGER), 's') END AS url, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."audio_clips" AS _rs_item ON _rs_item.clip_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (clip, disliked, k := 10, store := NULL, space := ['labels', 'mean'], filter := NULL) AS TABLE (
-- The items most like one item, or several, with what similar.sql does not know: every candidate is ranked.
WITH
_rs_args AS (
    SELECT CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END AS _rs_of, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, * EXCLUDE _rs_given
    FROM (
        SELECT clip AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_audio: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, CASE
    WHEN typeof(space) LIKE '%]' THEN TRY_CAST(space AS VARCHAR[])
    ELSE [CAST(space AS VARCHAR)]
END AS _rs_spaces, true AS _rs_said,
        CASE
    WHEN typeof(disliked) LIKE '%]' THEN coalesce(TRY_CAST(disliked AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(disliked) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_audio: disliked must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_disliked, regexp_matches(typeof(disliked), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_disliked_is_number
    ) AS _rs_i
),
_rs_checked AS (
    SELECT
        * REPLACE (CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN (len(_rs_spaces) > 0 AND len(_rs_wrong) = 0) OR _rs_spaces = ['labels', 'mean'] THEN _rs_spaces
            ELSE CAST(error('similar_audio: there is no space '
                || coalesce(nullif(array_to_string(list_transform(_rs_wrong,
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS VARCHAR[])
        END AS _rs_spaces)
    FROM (
        SELECT *, list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)) AS _rs_wrong
        FROM _rs_args, (
            SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
            FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'audio'
        ) AS _rs_spaces_of_catalog
    ) AS _rs_w
),
_rs_named AS (
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_is_number, 1 AS _rs_role, unnest(_rs_of) AS _rs_text FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_disliked_is_number, -1, unnest(_rs_disliked) FROM _rs_checked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, + _rs_i.start_seconds AS _rs_preferred, _rs_i.clip_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."audio_clips" AS _rs_i ON _rs_i.video_id = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        _rs_of, _rs_k, _rs_spaces, _rs_said, list(DISTINCT _rs_id) AS _rs_apart,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = 1), []) AS _rs_liked,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = -1), []) AS _rs_disliked
    FROM _rs_meant
    WHERE _rs_id IS NOT NULL
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said
),
_rs_sides AS (
    SELECT
        _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart,
        arg_min(_rs_v.space, list_position(_rs_a._rs_spaces, _rs_v.space)) FILTER (_rs_a._rs_is_liked) AS _rs_space,
        list({'space': _rs_v.space, 'is_liked': _rs_a._rs_is_liked, 'vector': CAST(_rs_v.vector AS DOUBLE[])}
            ORDER BY _rs_a._rs_id ASC) AS _rs_sides
    FROM (
        SELECT
            *, unnest(list_concat(_rs_liked, _rs_disliked)) AS _rs_id,
            unnest(range(1, len(_rs_liked) + len(_rs_disliked) + 1)) <= len(_rs_liked) AS _rs_is_liked
        FROM _rs_asked
    ) AS _rs_a
    JOIN "rec_store".main."audio_vectors" AS _rs_v ON _rs_v.clip_id = _rs_a._rs_id AND list_contains(_rs_a._rs_spaces, _rs_v.space)
    GROUP BY _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart
),
_rs_questions AS (
    SELECT _rs_of AS _rs_number, _rs_k, _rs_said, _rs_space, _rs_apart, -- Of several examples the mean, less half the mean of those against: its product with a unit vector is the mean of
-- the cosines with the ones, less half the mean of the cosines with the others.
CASE
    WHEN len(_rs_for) = 1 AND len(_rs_against) = 0 THEN _rs_for[1]
    ELSE list_transform(range(1, len(_rs_for[1]) + 1), lambda _rs_d:
        list_avg(list_transform(_rs_for, lambda _rs_x: _rs_x[_rs_d]))
        - coalesce(0.5e0 * list_avg(list_transform(_rs_against, lambda _rs_x: _rs_x[_rs_d])), 0e0))
END AS _rs_vector
    FROM (
        SELECT
            *, list_transform(list_filter(_rs_sides, lambda _rs_x: _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_for,
            list_transform(list_filter(_rs_sides, lambda _rs_x: NOT _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_against
        FROM _rs_sides
        WHERE _rs_space IS NOT NULL
    ) AS _rs_s
),
-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."audio_vectors" AS _rs_v
        JOIN (
            SELECT clip_id AS _rs_id
            FROM "rec_store".main."audio_clips"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.clip_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_checked
    WHERE _rs_k IS NULL OR len(_rs_spaces) = 0 OR _rs_said IS NULL OR _rs_disliked IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.clip_id AS clip_id, _rs_item.video_id AS video_id, _rs_item.start_seconds AS start_seconds, _rs_item.end_seconds AS end_seconds, _rs_item.labels AS labels, CASE WHEN _rs_item.video_id LIKE '/%' THEN concat('file://', replace(replace(url_encode(_rs_item.video_id), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) WHEN _rs_item.video_id LIKE '_:%' THEN concat('file:///', substr(_rs_item.video_id, 1, 2), replace(replace(url_encode(replace(substr(_rs_item.video_id, 3), '\', '/')), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) ELSE concat('https://www.youtube.com/watch?v=', _rs_item.video_id, '&t=', CAST(_rs_item.start_seconds AS INTEGER), 's') END AS url, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."audio_clips" AS _rs_item ON _rs_item.clip_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (clip, exclude, k := 10, store := NULL, space := ['labels', 'mean'], filter := NULL, disliked := NULL) AS TABLE (
-- The items most like one item, or several, with what similar.sql does not know: every candidate is ranked.
WITH
_rs_args AS (
    SELECT CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END AS _rs_of, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, * EXCLUDE _rs_given
    FROM (
        SELECT clip AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_audio: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, CASE
    WHEN typeof(space) LIKE '%]' THEN TRY_CAST(space AS VARCHAR[])
    ELSE [CAST(space AS VARCHAR)]
END AS _rs_spaces, true AS _rs_said,
        CASE
    WHEN typeof(disliked) LIKE '%]' THEN coalesce(TRY_CAST(disliked AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(disliked) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_audio: disliked must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_disliked, regexp_matches(typeof(disliked), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_disliked_is_number,
        CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_audio: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_exclude, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_exclude_is_number
    ) AS _rs_i
),
_rs_checked AS (
    SELECT
        * REPLACE (CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN (len(_rs_spaces) > 0 AND len(_rs_wrong) = 0) OR _rs_spaces = ['labels', 'mean'] THEN _rs_spaces
            ELSE CAST(error('similar_audio: there is no space '
                || coalesce(nullif(array_to_string(list_transform(_rs_wrong,
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS VARCHAR[])
        END AS _rs_spaces)
    FROM (
        SELECT *, list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)) AS _rs_wrong
        FROM _rs_args, (
            SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
            FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'audio'
        ) AS _rs_spaces_of_catalog
    ) AS _rs_w
),
_rs_named AS (
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_is_number, 1 AS _rs_role, unnest(_rs_of) AS _rs_text FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_disliked_is_number, -1, unnest(_rs_disliked) FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_exclude_is_number, 0, unnest(_rs_exclude) FROM _rs_checked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, + _rs_i.start_seconds AS _rs_preferred, _rs_i.clip_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."audio_clips" AS _rs_i ON _rs_i.video_id = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        _rs_of, _rs_k, _rs_spaces, _rs_said, list(DISTINCT _rs_id) AS _rs_apart,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = 1), []) AS _rs_liked,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = -1), []) AS _rs_disliked
    FROM _rs_meant
    WHERE _rs_id IS NOT NULL
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said
),
_rs_sides AS (
    SELECT
        _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart,
        arg_min(_rs_v.space, list_position(_rs_a._rs_spaces, _rs_v.space)) FILTER (_rs_a._rs_is_liked) AS _rs_space,
        list({'space': _rs_v.space, 'is_liked': _rs_a._rs_is_liked, 'vector': CAST(_rs_v.vector AS DOUBLE[])}
            ORDER BY _rs_a._rs_id ASC) AS _rs_sides
    FROM (
        SELECT
            *, unnest(list_concat(_rs_liked, _rs_disliked)) AS _rs_id,
            unnest(range(1, len(_rs_liked) + len(_rs_disliked) + 1)) <= len(_rs_liked) AS _rs_is_liked
        FROM _rs_asked
    ) AS _rs_a
    JOIN "rec_store".main."audio_vectors" AS _rs_v ON _rs_v.clip_id = _rs_a._rs_id AND list_contains(_rs_a._rs_spaces, _rs_v.space)
    GROUP BY _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart
),
_rs_questions AS (
    SELECT _rs_of AS _rs_number, _rs_k, _rs_said, _rs_space, _rs_apart, -- Of several examples the mean, less half the mean of those against: its product with a unit vector is the mean of
-- the cosines with the ones, less half the mean of the cosines with the others.
CASE
    WHEN len(_rs_for) = 1 AND len(_rs_against) = 0 THEN _rs_for[1]
    ELSE list_transform(range(1, len(_rs_for[1]) + 1), lambda _rs_d:
        list_avg(list_transform(_rs_for, lambda _rs_x: _rs_x[_rs_d]))
        - coalesce(0.5e0 * list_avg(list_transform(_rs_against, lambda _rs_x: _rs_x[_rs_d])), 0e0))
END AS _rs_vector
    FROM (
        SELECT
            *, list_transform(list_filter(_rs_sides, lambda _rs_x: _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_for,
            list_transform(list_filter(_rs_sides, lambda _rs_x: NOT _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_against
        FROM _rs_sides
        WHERE _rs_space IS NOT NULL
    ) AS _rs_s
),
-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."audio_vectors" AS _rs_v
        JOIN (
            SELECT clip_id AS _rs_id
            FROM "rec_store".main."audio_clips"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.clip_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_checked
    WHERE _rs_k IS NULL OR len(_rs_spaces) = 0 OR _rs_said IS NULL OR _rs_disliked IS NULL OR _rs_exclude IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.clip_id AS clip_id, _rs_item.video_id AS video_id, _rs_item.start_seconds AS start_seconds, _rs_item.end_seconds AS end_seconds, _rs_item.labels AS labels, CASE WHEN _rs_item.video_id LIKE '/%' THEN concat('file://', replace(replace(url_encode(_rs_item.video_id), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) WHEN _rs_item.video_id LIKE '_:%' THEN concat('file:///', substr(_rs_item.video_id, 1, 2), replace(replace(url_encode(replace(substr(_rs_item.video_id, 3), '\', '/')), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) ELSE concat('https://www.youtube.com/watch?v=', _rs_item.video_id, '&t=', CAST(_rs_item.start_seconds AS INTEGER), 's') END AS url, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."audio_clips" AS _rs_item ON _rs_item.clip_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (clip, boost, k := 10, store := NULL, space := ['labels', 'mean'], filter := NULL, disliked := NULL, exclude := NULL) AS TABLE (
-- The items most like one item, or several, with what similar.sql does not know: every candidate is ranked.
WITH
_rs_args AS (
    SELECT CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END AS _rs_of, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, * EXCLUDE _rs_given
    FROM (
        SELECT clip AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_audio: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, CASE
    WHEN typeof(space) LIKE '%]' THEN TRY_CAST(space AS VARCHAR[])
    ELSE [CAST(space AS VARCHAR)]
END AS _rs_spaces, true AS _rs_said,
        CASE
    WHEN typeof(disliked) LIKE '%]' THEN coalesce(TRY_CAST(disliked AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(disliked) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_audio: disliked must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_disliked, regexp_matches(typeof(disliked), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_disliked_is_number,
        CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_audio: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_exclude, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_exclude_is_number
    ) AS _rs_i
),
_rs_checked AS (
    SELECT
        * REPLACE (CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN (len(_rs_spaces) > 0 AND len(_rs_wrong) = 0) OR _rs_spaces = ['labels', 'mean'] THEN _rs_spaces
            ELSE CAST(error('similar_audio: there is no space '
                || coalesce(nullif(array_to_string(list_transform(_rs_wrong,
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS VARCHAR[])
        END AS _rs_spaces)
    FROM (
        SELECT *, list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)) AS _rs_wrong
        FROM _rs_args, (
            SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
            FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'audio'
        ) AS _rs_spaces_of_catalog
    ) AS _rs_w
),
_rs_named AS (
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_is_number, 1 AS _rs_role, unnest(_rs_of) AS _rs_text FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_disliked_is_number, -1, unnest(_rs_disliked) FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_exclude_is_number, 0, unnest(_rs_exclude) FROM _rs_checked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, + _rs_i.start_seconds AS _rs_preferred, _rs_i.clip_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."audio_clips" AS _rs_i ON _rs_i.video_id = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        _rs_of, _rs_k, _rs_spaces, _rs_said, list(DISTINCT _rs_id) AS _rs_apart,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = 1), []) AS _rs_liked,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = -1), []) AS _rs_disliked
    FROM _rs_meant
    WHERE _rs_id IS NOT NULL
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said
),
_rs_sides AS (
    SELECT
        _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart,
        arg_min(_rs_v.space, list_position(_rs_a._rs_spaces, _rs_v.space)) FILTER (_rs_a._rs_is_liked) AS _rs_space,
        list({'space': _rs_v.space, 'is_liked': _rs_a._rs_is_liked, 'vector': CAST(_rs_v.vector AS DOUBLE[])}
            ORDER BY _rs_a._rs_id ASC) AS _rs_sides
    FROM (
        SELECT
            *, unnest(list_concat(_rs_liked, _rs_disliked)) AS _rs_id,
            unnest(range(1, len(_rs_liked) + len(_rs_disliked) + 1)) <= len(_rs_liked) AS _rs_is_liked
        FROM _rs_asked
    ) AS _rs_a
    JOIN "rec_store".main."audio_vectors" AS _rs_v ON _rs_v.clip_id = _rs_a._rs_id AND list_contains(_rs_a._rs_spaces, _rs_v.space)
    GROUP BY _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart
),
_rs_questions AS (
    SELECT _rs_of AS _rs_number, _rs_k, _rs_said, _rs_space, _rs_apart, -- Of several examples the mean, less half the mean of those against: its product with a unit vector is the mean of
-- the cosines with the ones, less half the mean of the cosines with the others.
CASE
    WHEN len(_rs_for) = 1 AND len(_rs_against) = 0 THEN _rs_for[1]
    ELSE list_transform(range(1, len(_rs_for[1]) + 1), lambda _rs_d:
        list_avg(list_transform(_rs_for, lambda _rs_x: _rs_x[_rs_d]))
        - coalesce(0.5e0 * list_avg(list_transform(_rs_against, lambda _rs_x: _rs_x[_rs_d])), 0e0))
END AS _rs_vector
    FROM (
        SELECT
            *, list_transform(list_filter(_rs_sides, lambda _rs_x: _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_for,
            list_transform(list_filter(_rs_sides, lambda _rs_x: NOT _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_against
        FROM _rs_sides
        WHERE _rs_space IS NOT NULL
    ) AS _rs_s
),
-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(greatest(least(round(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('similar_audio: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 2e9), -2e9) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."audio_vectors" AS _rs_v
        JOIN (
            SELECT clip_id AS _rs_id, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost
            FROM "rec_store".main."audio_clips"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.clip_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_checked
    WHERE _rs_k IS NULL OR len(_rs_spaces) = 0 OR _rs_said IS NULL OR _rs_disliked IS NULL OR _rs_exclude IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.clip_id AS clip_id, _rs_item.video_id AS video_id, _rs_item.start_seconds AS start_seconds, _rs_item.end_seconds AS end_seconds, _rs_item.labels AS labels, CASE WHEN _rs_item.video_id LIKE '/%' THEN concat('file://', replace(replace(url_encode(_rs_item.video_id), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) WHEN _rs_item.video_id LIKE '_:%' THEN concat('file:///', substr(_rs_item.video_id, 1, 2), replace(replace(url_encode(replace(substr(_rs_item.video_id, 3), '\', '/')), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) ELSE concat('https://www.youtube.com/watch?v=', _rs_item.video_id, '&t=', CAST(_rs_item.start_seconds AS INTEGER), 's') END AS url, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."audio_clips" AS _rs_item ON _rs_item.clip_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (clip, diversity, k := 10, store := NULL, space := ['labels', 'mean'], filter := NULL, disliked := NULL, exclude := NULL, boost := NULL) AS TABLE (
-- The items most like one item, or several, with what similar.sql does not know: every candidate is ranked.
WITH
_rs_args AS (
    SELECT CASE WHEN typeof(_rs_given) LIKE '%]' THEN TRY_CAST(_rs_given AS VARCHAR[]) ELSE [CAST(_rs_given AS VARCHAR)] END AS _rs_of, regexp_matches(typeof(_rs_given), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, * EXCLUDE _rs_given
    FROM (
        SELECT clip AS _rs_given, CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('similar_audio: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k, CASE
    WHEN typeof(space) LIKE '%]' THEN TRY_CAST(space AS VARCHAR[])
    ELSE [CAST(space AS VARCHAR)]
END AS _rs_spaces, {'diversity': CASE
    WHEN diversity IS NULL THEN 0e0
    WHEN TRY_CAST(diversity AS DOUBLE) BETWEEN 0 AND 1 THEN TRY_CAST(diversity AS DOUBLE)
    ELSE CAST(error('similar_audio: diversity must be a number from 0 to 1, not ' || CAST(diversity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said,
        CASE
    WHEN typeof(disliked) LIKE '%]' THEN coalesce(TRY_CAST(disliked AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(disliked) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_audio: disliked must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_disliked, regexp_matches(typeof(disliked), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_disliked_is_number,
        CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('similar_audio: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_exclude, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_exclude_is_number
    ) AS _rs_i
),
_rs_checked AS (
    SELECT
        * REPLACE (CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN (len(_rs_spaces) > 0 AND len(_rs_wrong) = 0) OR _rs_spaces = ['labels', 'mean'] THEN _rs_spaces
            ELSE CAST(error('similar_audio: there is no space '
                || coalesce(nullif(array_to_string(list_transform(_rs_wrong,
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS VARCHAR[])
        END AS _rs_spaces)
    FROM (
        SELECT *, list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)) AS _rs_wrong
        FROM _rs_args, (
            SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
            FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'audio'
        ) AS _rs_spaces_of_catalog
    ) AS _rs_w
),
_rs_named AS (
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_is_number, 1 AS _rs_role, unnest(_rs_of) AS _rs_text FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_disliked_is_number, -1, unnest(_rs_disliked) FROM _rs_checked
    UNION ALL
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_exclude_is_number, 0, unnest(_rs_exclude) FROM _rs_checked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, + _rs_i.start_seconds AS _rs_preferred, _rs_i.clip_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."audio_clips" AS _rs_i ON _rs_i.video_id = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said, _rs_role, _rs_text
),

_rs_asked AS (
    SELECT
        _rs_of, _rs_k, _rs_spaces, _rs_said, list(DISTINCT _rs_id) AS _rs_apart,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = 1), []) AS _rs_liked,
        coalesce(list(DISTINCT _rs_id) FILTER (_rs_role = -1), []) AS _rs_disliked
    FROM _rs_meant
    WHERE _rs_id IS NOT NULL
    GROUP BY _rs_of, _rs_k, _rs_spaces, _rs_said
),
_rs_sides AS (
    SELECT
        _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart,
        arg_min(_rs_v.space, list_position(_rs_a._rs_spaces, _rs_v.space)) FILTER (_rs_a._rs_is_liked) AS _rs_space,
        list({'space': _rs_v.space, 'is_liked': _rs_a._rs_is_liked, 'vector': CAST(_rs_v.vector AS DOUBLE[])}
            ORDER BY _rs_a._rs_id ASC) AS _rs_sides
    FROM (
        SELECT
            *, unnest(list_concat(_rs_liked, _rs_disliked)) AS _rs_id,
            unnest(range(1, len(_rs_liked) + len(_rs_disliked) + 1)) <= len(_rs_liked) AS _rs_is_liked
        FROM _rs_asked
    ) AS _rs_a
    JOIN "rec_store".main."audio_vectors" AS _rs_v ON _rs_v.clip_id = _rs_a._rs_id AND list_contains(_rs_a._rs_spaces, _rs_v.space)
    GROUP BY _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_said, _rs_a._rs_apart
),
_rs_questions AS (
    SELECT _rs_of AS _rs_number, _rs_k, _rs_said, _rs_space, _rs_apart, -- Of several examples the mean, less half the mean of those against: its product with a unit vector is the mean of
-- the cosines with the ones, less half the mean of the cosines with the others.
CASE
    WHEN len(_rs_for) = 1 AND len(_rs_against) = 0 THEN _rs_for[1]
    ELSE list_transform(range(1, len(_rs_for[1]) + 1), lambda _rs_d:
        list_avg(list_transform(_rs_for, lambda _rs_x: _rs_x[_rs_d]))
        - coalesce(0.5e0 * list_avg(list_transform(_rs_against, lambda _rs_x: _rs_x[_rs_d])), 0e0))
END AS _rs_vector
    FROM (
        SELECT
            *, list_transform(list_filter(_rs_sides, lambda _rs_x: _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_for,
            list_transform(list_filter(_rs_sides, lambda _rs_x: NOT _rs_x.is_liked AND _rs_x.space = _rs_space),
                lambda _rs_x: _rs_x.vector) AS _rs_against
        FROM _rs_sides
        WHERE _rs_space IS NOT NULL
    ) AS _rs_s
),
-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said, _rs_c._rs_vector,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(greatest(least(round(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('similar_audio: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 2e9), -2e9) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."audio_vectors" AS _rs_v
        JOIN (
            SELECT clip_id AS _rs_id, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost
            FROM "rec_store".main."audio_clips"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.clip_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, greatest(100, 5 * _rs_k)) AS _rs_keys, arg_max(_rs_vector, _rs_key, greatest(100, 5 * _rs_k)) AS _rs_vectors
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, list_transform(_rs_places, lambda _rs_x: _rs_keys[_rs_x]) AS _rs_keys FROM (
        SELECT *, -- Maximal marginal relevance (Carbonell and Goldstein 1998): the places in _rs_vectors, one after the other, of what has
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
                        coalesce(round(list_inner_product(_rs_vectors[_rs_i], _rs_vectors[_rs_next]) * 100000), 0e0))
                END)
            }
        )[1]
    )[1]
).chosen AS _rs_places
        FROM (SELECT *, list_transform(_rs_keys, lambda _rs_x: CAST(_rs_x >> 32 AS DOUBLE)) AS _rs_relevance FROM _rs_best) AS _rs_b
    ) AS _rs_d
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    UNION ALL
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_checked
    WHERE _rs_k IS NULL OR len(_rs_spaces) = 0 OR _rs_said IS NULL OR _rs_disliked IS NULL OR _rs_exclude IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.clip_id AS clip_id, _rs_item.video_id AS video_id, _rs_item.start_seconds AS start_seconds, _rs_item.end_seconds AS end_seconds, _rs_item.labels AS labels, CASE WHEN _rs_item.video_id LIKE '/%' THEN concat('file://', replace(replace(url_encode(_rs_item.video_id), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) WHEN _rs_item.video_id LIKE '_:%' THEN concat('file:///', substr(_rs_item.video_id, 1, 2), replace(replace(url_encode(replace(substr(_rs_item.video_id, 3), '\', '/')), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) ELSE concat('https://www.youtube.com/watch?v=', _rs_item.video_id, '&t=', CAST(_rs_item.start_seconds AS INTEGER), 's') END AS url, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."audio_clips" AS _rs_item ON _rs_item.clip_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
);
COMMENT ON MACRO TABLE "rec".main.similar_audio IS 'The items most like one item, or like several: similar_audio(clip, k := 10, space, disliked, filter, exclude, boost, diversity, store)';

CREATE MACRO "rec".main.nearest_audio(vector, k := 10, filter := NULL, space := 'mean', store := NULL) AS TABLE (
-- The items nearest to any vector of a space.
--
-- A vector of unit length (to the rounding of a FLOAT) is taken as it is, so that an item's own stored vector
-- gives the scores that the item itself would; any other vector is brought to unit length first.
WITH
_rs_args AS (
    SELECT
        CAST(vector AS DOUBLE[]) AS _rs_given,
        CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('nearest_audio: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k,
        CAST(space AS VARCHAR) AS _rs_space
),
_rs_measured AS (
    SELECT
        *,
        list_filter(_rs_known, lambda _rs_s: _rs_s.space = _rs_space)[1].dimensions AS _rs_dimensions,
        list_sum(list_transform(_rs_given, lambda _rs_x: _rs_x * _rs_x)) AS _rs_square
    FROM _rs_args, (
        SELECT
            coalesce(list({'space': _rs_s.space, 'dimensions': _rs_s.dimensions} ORDER BY _rs_s.space ASC), []) AS _rs_known
        FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'audio'
    ) AS _rs_spaces_of_catalog
),
_rs_asked AS (
    SELECT
        _rs_k, _rs_space,
        CASE
            WHEN _rs_dimensions IS NULL THEN CAST(error('nearest_audio: there is no space '
                || coalesce('''' || _rs_space || '''', 'NULL') || '; space must be one of: '
                || coalesce(nullif(array_to_string(list_transform(_rs_known, lambda _rs_s: _rs_s.space), ', '), ''),
                    'none is there')) AS DOUBLE[])
            WHEN _rs_given IS NULL THEN NULL
            WHEN len(_rs_given) <> _rs_dimensions THEN CAST(error('nearest_audio: space ''' || _rs_space || ''' takes '
                || 'vectors of ' || CAST(_rs_dimensions AS VARCHAR) || ' numbers, not '
                || CAST(len(_rs_given) AS VARCHAR)) AS DOUBLE[])
            WHEN _rs_square IS NULL OR len(list_filter(_rs_given, lambda _rs_x: _rs_x IS NULL)) > 0
                OR NOT isfinite(_rs_square) OR _rs_square = 0
            THEN CAST(error('nearest_audio: the vector must hold finite numbers, at least one of them not 0, and be of a length '
                || 'from 1e-150 to 1e150') AS DOUBLE[])
            WHEN abs(_rs_square - 1) < 1e-6 THEN _rs_given
            ELSE list_transform(_rs_given, lambda _rs_x: _rs_x / sqrt(_rs_square))
        END AS _rs_vector
    FROM _rs_measured
),
-- Answers each row of _rs_asked: the items nearest to _rs_vector, of unit length, in _rs_space; where it is NULL, none.
_rs_questions AS (
    SELECT
        row_number() OVER () AS _rs_number, _rs_k, _rs_space, CAST([] AS INTEGER[]) AS _rs_apart, _rs_vector
    FROM _rs_asked
    WHERE _rs_vector IS NOT NULL
),

-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."audio_vectors" AS _rs_v
        JOIN (
            SELECT clip_id AS _rs_id
            FROM "rec_store".main."audio_clips"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.clip_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    UNION ALL
    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_asked
    WHERE len(_rs_vector) = 0 OR _rs_k IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.clip_id AS clip_id, _rs_item.video_id AS video_id, _rs_item.start_seconds AS start_seconds, _rs_item.end_seconds AS end_seconds, _rs_item.labels AS labels, CASE WHEN _rs_item.video_id LIKE '/%' THEN concat('file://', replace(replace(url_encode(_rs_item.video_id), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) WHEN _rs_item.video_id LIKE '_:%' THEN concat('file:///', substr(_rs_item.video_id, 1, 2), replace(replace(url_encode(replace(substr(_rs_item.video_id, 3), '\', '/')), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) ELSE concat('https://www.youtube.com/watch?v=', _rs_item.video_id, '&t=', CAST(_rs_item.start_seconds AS INTEGER), 's') END AS url, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."audio_clips" AS _rs_item ON _rs_item.clip_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (vector, exclude, k := 10, filter := NULL, space := 'mean', store := NULL) AS TABLE (
-- The items nearest to any vector of a space.
--
-- A vector of unit length (to the rounding of a FLOAT) is taken as it is, so that an item's own stored vector
-- gives the scores that the item itself would; any other vector is brought to unit length first.
WITH
_rs_args AS (
    SELECT
        CAST(vector AS DOUBLE[]) AS _rs_given,
        CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('nearest_audio: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k,
        CAST(space AS VARCHAR) AS _rs_space, CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('nearest_audio: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, true AS _rs_said
),
_rs_measured AS (
    SELECT
        *,
        list_filter(_rs_known, lambda _rs_s: _rs_s.space = _rs_space)[1].dimensions AS _rs_dimensions,
        list_sum(list_transform(_rs_given, lambda _rs_x: _rs_x * _rs_x)) AS _rs_square
    FROM _rs_args, (
        SELECT
            coalesce(list({'space': _rs_s.space, 'dimensions': _rs_s.dimensions} ORDER BY _rs_s.space ASC), []) AS _rs_known
        FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'audio'
    ) AS _rs_spaces_of_catalog
),
_rs_asked AS (
    SELECT
        _rs_k, _rs_space, _rs_excluded, _rs_is_number, _rs_said,
        CASE
            WHEN _rs_dimensions IS NULL THEN CAST(error('nearest_audio: there is no space '
                || coalesce('''' || _rs_space || '''', 'NULL') || '; space must be one of: '
                || coalesce(nullif(array_to_string(list_transform(_rs_known, lambda _rs_s: _rs_s.space), ', '), ''),
                    'none is there')) AS DOUBLE[])
            WHEN _rs_given IS NULL THEN NULL
            WHEN len(_rs_given) <> _rs_dimensions THEN CAST(error('nearest_audio: space ''' || _rs_space || ''' takes '
                || 'vectors of ' || CAST(_rs_dimensions AS VARCHAR) || ' numbers, not '
                || CAST(len(_rs_given) AS VARCHAR)) AS DOUBLE[])
            WHEN _rs_square IS NULL OR len(list_filter(_rs_given, lambda _rs_x: _rs_x IS NULL)) > 0
                OR NOT isfinite(_rs_square) OR _rs_square = 0
            THEN CAST(error('nearest_audio: the vector must hold finite numbers, at least one of them not 0, and be of a length '
                || 'from 1e-150 to 1e150') AS DOUBLE[])
            WHEN abs(_rs_square - 1) < 1e-6 THEN _rs_given
            ELSE list_transform(_rs_given, lambda _rs_x: _rs_x / sqrt(_rs_square))
        END AS _rs_vector
    FROM _rs_measured
),
-- Answers each row of _rs_asked: the items nearest to _rs_vector, of unit length, in _rs_space; where it is NULL, none.
_rs_named AS (
    SELECT *, 0 AS _rs_role, unnest(_rs_excluded) AS _rs_text FROM _rs_asked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, + _rs_i.start_seconds AS _rs_preferred, _rs_i.clip_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."audio_clips" AS _rs_i ON _rs_i.video_id = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector, _rs_role, _rs_text
),

_rs_questions AS (
    SELECT
        _rs_vector AS _rs_number, _rs_k, _rs_space, _rs_said, _rs_vector,
        coalesce(list(_rs_id) FILTER (_rs_id IS NOT NULL), []) AS _rs_apart
    FROM (
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, NULL AS _rs_id FROM _rs_asked WHERE _rs_vector IS NOT NULL
        UNION ALL
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_id FROM _rs_meant WHERE _rs_vector IS NOT NULL
    ) AS _rs_q
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector
),

-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."audio_vectors" AS _rs_v
        JOIN (
            SELECT clip_id AS _rs_id
            FROM "rec_store".main."audio_clips"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.clip_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    UNION ALL
    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_asked
    WHERE len(_rs_vector) = 0 OR _rs_k IS NULL OR _rs_said IS NULL OR _rs_excluded IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.clip_id AS clip_id, _rs_item.video_id AS video_id, _rs_item.start_seconds AS start_seconds, _rs_item.end_seconds AS end_seconds, _rs_item.labels AS labels, CASE WHEN _rs_item.video_id LIKE '/%' THEN concat('file://', replace(replace(url_encode(_rs_item.video_id), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) WHEN _rs_item.video_id LIKE '_:%' THEN concat('file:///', substr(_rs_item.video_id, 1, 2), replace(replace(url_encode(replace(substr(_rs_item.video_id, 3), '\', '/')), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) ELSE concat('https://www.youtube.com/watch?v=', _rs_item.video_id, '&t=', CAST(_rs_item.start_seconds AS INTEGER), 's') END AS url, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."audio_clips" AS _rs_item ON _rs_item.clip_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (vector, boost, k := 10, filter := NULL, space := 'mean', exclude := NULL, store := NULL) AS TABLE (
-- The items nearest to any vector of a space.
--
-- A vector of unit length (to the rounding of a FLOAT) is taken as it is, so that an item's own stored vector
-- gives the scores that the item itself would; any other vector is brought to unit length first.
WITH
_rs_args AS (
    SELECT
        CAST(vector AS DOUBLE[]) AS _rs_given,
        CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('nearest_audio: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k,
        CAST(space AS VARCHAR) AS _rs_space, CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('nearest_audio: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, true AS _rs_said
),
_rs_measured AS (
    SELECT
        *,
        list_filter(_rs_known, lambda _rs_s: _rs_s.space = _rs_space)[1].dimensions AS _rs_dimensions,
        list_sum(list_transform(_rs_given, lambda _rs_x: _rs_x * _rs_x)) AS _rs_square
    FROM _rs_args, (
        SELECT
            coalesce(list({'space': _rs_s.space, 'dimensions': _rs_s.dimensions} ORDER BY _rs_s.space ASC), []) AS _rs_known
        FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'audio'
    ) AS _rs_spaces_of_catalog
),
_rs_asked AS (
    SELECT
        _rs_k, _rs_space, _rs_excluded, _rs_is_number, _rs_said,
        CASE
            WHEN _rs_dimensions IS NULL THEN CAST(error('nearest_audio: there is no space '
                || coalesce('''' || _rs_space || '''', 'NULL') || '; space must be one of: '
                || coalesce(nullif(array_to_string(list_transform(_rs_known, lambda _rs_s: _rs_s.space), ', '), ''),
                    'none is there')) AS DOUBLE[])
            WHEN _rs_given IS NULL THEN NULL
            WHEN len(_rs_given) <> _rs_dimensions THEN CAST(error('nearest_audio: space ''' || _rs_space || ''' takes '
                || 'vectors of ' || CAST(_rs_dimensions AS VARCHAR) || ' numbers, not '
                || CAST(len(_rs_given) AS VARCHAR)) AS DOUBLE[])
            WHEN _rs_square IS NULL OR len(list_filter(_rs_given, lambda _rs_x: _rs_x IS NULL)) > 0
                OR NOT isfinite(_rs_square) OR _rs_square = 0
            THEN CAST(error('nearest_audio: the vector must hold finite numbers, at least one of them not 0, and be of a length '
                || 'from 1e-150 to 1e150') AS DOUBLE[])
            WHEN abs(_rs_square - 1) < 1e-6 THEN _rs_given
            ELSE list_transform(_rs_given, lambda _rs_x: _rs_x / sqrt(_rs_square))
        END AS _rs_vector
    FROM _rs_measured
),
-- Answers each row of _rs_asked: the items nearest to _rs_vector, of unit length, in _rs_space; where it is NULL, none.
_rs_named AS (
    SELECT *, 0 AS _rs_role, unnest(_rs_excluded) AS _rs_text FROM _rs_asked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, + _rs_i.start_seconds AS _rs_preferred, _rs_i.clip_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."audio_clips" AS _rs_i ON _rs_i.video_id = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector, _rs_role, _rs_text
),

_rs_questions AS (
    SELECT
        _rs_vector AS _rs_number, _rs_k, _rs_space, _rs_said, _rs_vector,
        coalesce(list(_rs_id) FILTER (_rs_id IS NOT NULL), []) AS _rs_apart
    FROM (
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, NULL AS _rs_id FROM _rs_asked WHERE _rs_vector IS NOT NULL
        UNION ALL
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_id FROM _rs_meant WHERE _rs_vector IS NOT NULL
    ) AS _rs_q
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector
),

-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(greatest(least(round(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('nearest_audio: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 2e9), -2e9) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."audio_vectors" AS _rs_v
        JOIN (
            SELECT clip_id AS _rs_id, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost
            FROM "rec_store".main."audio_clips"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.clip_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, _rs_k) AS _rs_keys
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, _rs_keys AS _rs_keys FROM _rs_best
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    UNION ALL
    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_asked
    WHERE len(_rs_vector) = 0 OR _rs_k IS NULL OR _rs_said IS NULL OR _rs_excluded IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.clip_id AS clip_id, _rs_item.video_id AS video_id, _rs_item.start_seconds AS start_seconds, _rs_item.end_seconds AS end_seconds, _rs_item.labels AS labels, CASE WHEN _rs_item.video_id LIKE '/%' THEN concat('file://', replace(replace(url_encode(_rs_item.video_id), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) WHEN _rs_item.video_id LIKE '_:%' THEN concat('file:///', substr(_rs_item.video_id, 1, 2), replace(replace(url_encode(replace(substr(_rs_item.video_id, 3), '\', '/')), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) ELSE concat('https://www.youtube.com/watch?v=', _rs_item.video_id, '&t=', CAST(_rs_item.start_seconds AS INTEGER), 's') END AS url, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."audio_clips" AS _rs_item ON _rs_item.clip_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
), (vector, diversity, k := 10, filter := NULL, space := 'mean', exclude := NULL, boost := NULL, store := NULL) AS TABLE (
-- The items nearest to any vector of a space.
--
-- A vector of unit length (to the rounding of a FLOAT) is taken as it is, so that an item's own stored vector
-- gives the scores that the item itself would; any other vector is brought to unit length first.
WITH
_rs_args AS (
    SELECT
        CAST(vector AS DOUBLE[]) AS _rs_given,
        CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('nearest_audio: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k,
        CAST(space AS VARCHAR) AS _rs_space, CASE
    WHEN typeof(exclude) LIKE '%]' THEN coalesce(TRY_CAST(exclude AS VARCHAR[]), CAST([] AS VARCHAR[]))
    WHEN typeof(exclude) = '"NULL"' THEN CAST([] AS VARCHAR[])
    ELSE CAST(error('nearest_audio: exclude must be a list of ids or names, such as [1, 2]') AS VARCHAR[])
END AS _rs_excluded, regexp_matches(typeof(exclude), '^(U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|DOUBLE|FLOAT)') AS _rs_is_number, {'diversity': CASE
    WHEN diversity IS NULL THEN 0e0
    WHEN TRY_CAST(diversity AS DOUBLE) BETWEEN 0 AND 1 THEN TRY_CAST(diversity AS DOUBLE)
    ELSE CAST(error('nearest_audio: diversity must be a number from 0 to 1, not ' || CAST(diversity AS VARCHAR)) AS DOUBLE)
END} AS _rs_said
),
_rs_measured AS (
    SELECT
        *,
        list_filter(_rs_known, lambda _rs_s: _rs_s.space = _rs_space)[1].dimensions AS _rs_dimensions,
        list_sum(list_transform(_rs_given, lambda _rs_x: _rs_x * _rs_x)) AS _rs_square
    FROM _rs_args, (
        SELECT
            coalesce(list({'space': _rs_s.space, 'dimensions': _rs_s.dimensions} ORDER BY _rs_s.space ASC), []) AS _rs_known
        FROM "rec_store".main."spaces" AS _rs_s WHERE _rs_s.catalog = 'audio'
    ) AS _rs_spaces_of_catalog
),
_rs_asked AS (
    SELECT
        _rs_k, _rs_space, _rs_excluded, _rs_is_number, _rs_said,
        CASE
            WHEN _rs_dimensions IS NULL THEN CAST(error('nearest_audio: there is no space '
                || coalesce('''' || _rs_space || '''', 'NULL') || '; space must be one of: '
                || coalesce(nullif(array_to_string(list_transform(_rs_known, lambda _rs_s: _rs_s.space), ', '), ''),
                    'none is there')) AS DOUBLE[])
            WHEN _rs_given IS NULL THEN NULL
            WHEN len(_rs_given) <> _rs_dimensions THEN CAST(error('nearest_audio: space ''' || _rs_space || ''' takes '
                || 'vectors of ' || CAST(_rs_dimensions AS VARCHAR) || ' numbers, not '
                || CAST(len(_rs_given) AS VARCHAR)) AS DOUBLE[])
            WHEN _rs_square IS NULL OR len(list_filter(_rs_given, lambda _rs_x: _rs_x IS NULL)) > 0
                OR NOT isfinite(_rs_square) OR _rs_square = 0
            THEN CAST(error('nearest_audio: the vector must hold finite numbers, at least one of them not 0, and be of a length '
                || 'from 1e-150 to 1e150') AS DOUBLE[])
            WHEN abs(_rs_square - 1) < 1e-6 THEN _rs_given
            ELSE list_transform(_rs_given, lambda _rs_x: _rs_x / sqrt(_rs_square))
        END AS _rs_vector
    FROM _rs_measured
),
-- Answers each row of _rs_asked: the items nearest to _rs_vector, of unit length, in _rs_space; where it is NULL, none.
_rs_named AS (
    SELECT *, 0 AS _rs_role, unnest(_rs_excluded) AS _rs_text FROM _rs_asked
),
_rs_meant AS (
    -- Of several items of that name the preferred one; a number comes last, since its preference is NULL.
    SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_role, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c.*, + _rs_i.start_seconds AS _rs_preferred, _rs_i.clip_id AS _rs_found
        FROM _rs_named AS _rs_c
        -- No left join: that would read all items even where a number is asked for.
        JOIN "rec_store".main."audio_clips" AS _rs_i ON _rs_i.video_id = CASE WHEN NOT _rs_c._rs_is_number THEN trim(_rs_c._rs_text) END
        UNION ALL
        SELECT *, NULL, TRY_CAST(_rs_text AS INTEGER)
        FROM _rs_named
        WHERE regexp_matches(trim(_rs_text), '^[+-]?[0-9]+([.]0*)?$')
    ) AS _rs_f
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector, _rs_role, _rs_text
),

_rs_questions AS (
    SELECT
        _rs_vector AS _rs_number, _rs_k, _rs_space, _rs_said, _rs_vector,
        coalesce(list(_rs_id) FILTER (_rs_id IS NOT NULL), []) AS _rs_apart
    FROM (
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, NULL AS _rs_id FROM _rs_asked WHERE _rs_vector IS NOT NULL
        UNION ALL
        SELECT _rs_k, _rs_space, _rs_said, _rs_vector, _rs_id FROM _rs_meant WHERE _rs_vector IS NOT NULL
    ) AS _rs_q
    GROUP BY _rs_k, _rs_space, _rs_said, _rs_vector
),

-- Ranks every candidate of each question in _rs_questions by the exact cosine, and keeps the best as _rs_keys.
--
-- A key is one BIGINT: the rounded score above, the id (smaller first) below. What is asked about, and what is excluded,
-- gets none. DuckDB adds the caller's columns to every grouping, which keeps the rows of a join apart; _rs_number keeps
-- apart the questions that one such row asks, as with unnest in the argument.
_rs_scored AS (
    SELECT
        _rs_q._rs_space, _rs_q._rs_number, _rs_q._rs_k, _rs_q._rs_said, _rs_c._rs_vector,
        CASE WHEN NOT list_contains(_rs_q._rs_apart, _rs_c._rs_id) THEN
            CAST(greatest(least(round(round(list_inner_product(_rs_c._rs_vector, _rs_q._rs_vector) * 100000) * -- The error is that of a cast: error() is volatile, and what is volatile in a join of lists is compared row by row.
CASE
    WHEN _rs_c._rs_boost IS NULL THEN 1e0
    WHEN abs(_rs_c._rs_boost) <= 1000 THEN _rs_c._rs_boost
    ELSE CAST('nearest_audio: boost must be a number from -1000 to 1000, not ' || CAST(_rs_c._rs_boost AS VARCHAR) AS DOUBLE)
END), 2e9), -2e9) AS BIGINT) * 4294967296 + (2147483647 - CAST(_rs_c._rs_id AS BIGINT))
        END AS _rs_key
    FROM _rs_questions AS _rs_q
    JOIN (
        SELECT _rs_v.space AS _rs_space, CAST(_rs_v.vector AS DOUBLE[]) AS _rs_vector, _rs_w.*
        FROM "rec_store".main."audio_vectors" AS _rs_v
        JOIN (
            SELECT clip_id AS _rs_id, CASE WHEN typeof(boost) = '"NULL"' THEN 1e0 ELSE CAST(boost AS DOUBLE) END AS _rs_boost
            FROM "rec_store".main."audio_clips"
            WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
        ) AS _rs_w ON _rs_w._rs_id = _rs_v.clip_id
    ) AS _rs_c ON _rs_c._rs_space = _rs_q._rs_space
),
_rs_best AS (
    SELECT _rs_space, _rs_k, _rs_said, max(_rs_key, greatest(100, 5 * _rs_k)) AS _rs_keys, arg_max(_rs_vector, _rs_key, greatest(100, 5 * _rs_k)) AS _rs_vectors
    FROM _rs_scored
    GROUP BY _rs_space, _rs_number, _rs_k, _rs_said
),
_rs_answers AS (
    SELECT _rs_space, list_transform(_rs_places, lambda _rs_x: _rs_keys[_rs_x]) AS _rs_keys FROM (
        SELECT *, -- Maximal marginal relevance (Carbonell and Goldstein 1998): the places in _rs_vectors, one after the other, of what has
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
                        coalesce(round(list_inner_product(_rs_vectors[_rs_i], _rs_vectors[_rs_next]) * 100000), 0e0))
                END)
            }
        )[1]
    )[1]
).chosen AS _rs_places
        FROM (SELECT *, list_transform(_rs_keys, lambda _rs_x: CAST(_rs_x >> 32 AS DOUBLE)) AS _rs_relevance FROM _rs_best) AS _rs_b
    ) AS _rs_d
),

_rs_ranked AS (
    SELECT
        CAST(_rs_t._rs_rank AS SMALLINT) AS _rs_rank,
        CAST(2147483647 - (_rs_t._rs_key & 4294967295) AS INTEGER) AS _rs_id,
        _rs_t._rs_space,
        CAST((_rs_t._rs_key >> 32) / 1e5 AS FLOAT) AS _rs_score
    FROM (
        SELECT _rs_space, unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank
        FROM _rs_answers
    ) AS _rs_t

    UNION ALL
    -- Never a row: raises the error of a wrong argument where DuckDB need not look at the other branch.
    SELECT CAST(0 AS SMALLINT), CAST(_rs_k AS INTEGER), '', CAST(0 AS FLOAT) FROM _rs_asked
    WHERE len(_rs_vector) = 0 OR _rs_k IS NULL OR _rs_said IS NULL OR _rs_excluded IS NULL
)
SELECT _rs_r._rs_rank AS rank, _rs_item.clip_id AS clip_id, _rs_item.video_id AS video_id, _rs_item.start_seconds AS start_seconds, _rs_item.end_seconds AS end_seconds, _rs_item.labels AS labels, CASE WHEN _rs_item.video_id LIKE '/%' THEN concat('file://', replace(replace(url_encode(_rs_item.video_id), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) WHEN _rs_item.video_id LIKE '_:%' THEN concat('file:///', substr(_rs_item.video_id, 1, 2), replace(replace(url_encode(replace(substr(_rs_item.video_id, 3), '\', '/')), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) ELSE concat('https://www.youtube.com/watch?v=', _rs_item.video_id, '&t=', CAST(_rs_item.start_seconds AS INTEGER), 's') END AS url, _rs_r._rs_space AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."audio_clips" AS _rs_item ON _rs_item.clip_id = _rs_r._rs_id
ORDER BY _rs_r._rs_rank ASC
);
COMMENT ON MACRO TABLE "rec".main.nearest_audio IS 'The items nearest to a vector of a space: nearest_audio(vector, k := 10, space, filter, exclude, boost, diversity, store)';

CREATE MACRO "rec".main.find_audio(words, k := 10, store := NULL) AS TABLE (
-- Items by words, in any order, ignoring case and accents.
--
-- The rows are those that match the most of the words: all of them where any item does. A word matches a word
-- of the name that begins with it; names with more whole words come first, then the preferred ones.
WITH
_rs_args AS (
    SELECT
        CAST(list_distinct(regexp_extract_all(
            strip_accents(lower(CAST(words AS VARCHAR))), '[\p{L}\p{N}]+')) AS VARCHAR[]) AS _rs_words,
        CASE
    WHEN TRY_CAST(k AS DOUBLE) BETWEEN 1 AND 32767 AND TRY_CAST(k AS DOUBLE) = TRY_CAST(k AS BIGINT)
    THEN TRY_CAST(k AS BIGINT)
    ELSE CAST(error('find_audio: k must be a whole number from 1 to 32767, not '
        || coalesce(CAST(k AS VARCHAR), 'NULL')) AS BIGINT)
END AS _rs_k
),
_rs_items AS (
    SELECT
        _rs_i.clip_id AS _rs_id, _rs_i.start_seconds AS _rs_preference,
        strip_accents(lower(concat_ws(' ', array_to_string(_rs_i.labels, ' '), _rs_i.video_id))) AS _rs_lower
    FROM "rec_store".main."audio_clips" AS _rs_i
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
            ORDER BY _rs_whole DESC, _rs_preference ASC NULLS LAST, _rs_id ASC
        ) AS _rs_rank,
        _rs_k, _rs_id, CAST(CAST(_rs_matched AS DOUBLE) / len(_rs_words) AS FLOAT) AS _rs_score
    FROM _rs_counted
    JOIN _rs_best ON _rs_best_words = _rs_words AND _rs_best_matched = _rs_matched
    WHERE _rs_matched > 0
)
SELECT CAST(_rs_r._rs_rank AS SMALLINT) AS rank, _rs_item.clip_id AS clip_id, _rs_item.video_id AS video_id, _rs_item.start_seconds AS start_seconds, _rs_item.end_seconds AS end_seconds, _rs_item.labels AS labels, CASE WHEN _rs_item.video_id LIKE '/%' THEN concat('file://', replace(replace(url_encode(_rs_item.video_id), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) WHEN _rs_item.video_id LIKE '_:%' THEN concat('file:///', substr(_rs_item.video_id, 1, 2), replace(replace(url_encode(replace(substr(_rs_item.video_id, 3), '\', '/')), '%2F', '/'), '+', '%20'), '#t=', CAST(_rs_item.start_seconds AS INTEGER)) ELSE concat('https://www.youtube.com/watch?v=', _rs_item.video_id, '&t=', CAST(_rs_item.start_seconds AS INTEGER), 's') END AS url, CAST(NULL AS VARCHAR) AS space, _rs_r._rs_score AS score
FROM _rs_ranked AS _rs_r
JOIN "rec_store".main."audio_clips" AS _rs_item ON _rs_item.clip_id = _rs_r._rs_id
WHERE _rs_r._rs_rank <= _rs_r._rs_k
ORDER BY _rs_r._rs_rank ASC
);
COMMENT ON MACRO TABLE "rec".main.find_audio IS 'The items whose words match: find_audio(words, k := 10, store)';

-- What brings a clip that is not in the store into a space: the vector of its 10 x 128 bytes, for nearest_audio.
-- Of several clips one after the other, such as all of a song, the vector is that of all their seconds.
--
-- In the space labels, every second is compared with the landmarks of kind second, and the mean of all with those of
-- kind clip; the weights turn these nearnesses into a score for each label; the scores, each to the power of 1.35, and
-- how the sound changes, of length 0.1, are concatenated.
CREATE MACRO "rec".main.audio_vector(frames, space := 'mean', store := NULL) AS TABLE
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
        FROM "rec_store".main."spaces" AS _rs_t WHERE _rs_t.catalog = 'audio'
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
        FROM "rec_store".main."audio_landmarks" AS _rs_b
    ) AS _rs_l
),
_rs_scored AS (
    SELECT
        _rs_c.*,
        list_transform(_rs_w._rs_weights, lambda _rs_x:
            _rs_x.bias + list_inner_product(_rs_c._rs_near, _rs_x.weights)) AS _rs_scores
    FROM _rs_compared AS _rs_c, (
        SELECT list({'bias': _rs_b.bias, 'weights': CAST(_rs_b.weights AS DOUBLE[])} ORDER BY _rs_b.place ASC) AS _rs_weights
        FROM "rec_store".main."audio_label_weights" AS _rs_b WHERE _rs_b.gives = 'score'
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
COMMENT ON MACRO TABLE "rec".main.audio_vector IS 'What brings a new clip into a space, for nearest_audio: audio_vector(frames, space, store)';

-- Why two clips are alike: the labels that both carry, the labels that both are judged to carry, and how near they are
-- in each space, with the place of the second among the nearest of the first.
CREATE MACRO "rec".main.why_audio(clip_a, clip_b, store := NULL) AS TABLE
WITH
-- Two items, by id or by name: _rs_pair, and in _rs_spaces how near they are in each space, with the place of the second
-- among the nearest of the first.
_rs_args AS (
    SELECT 1 AS _rs_side, trim(CAST(clip_a AS VARCHAR)) AS _rs_text, typeof(clip_a) AS _rs_type
    UNION ALL
    SELECT 2, trim(CAST(clip_b AS VARCHAR)), typeof(clip_b)
),
_rs_named AS (
    SELECT
        _rs_a._rs_side, _rs_a._rs_text, first(_rs_i.clip_id ORDER BY _rs_i.start_seconds ASC NULLS LAST, _rs_i.clip_id ASC) AS _rs_named_id
    FROM _rs_args AS _rs_a
    LEFT JOIN "rec_store".main."audio_clips" AS _rs_i
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
            WHEN regexp_matches(_rs_text, '^[+-]?[0-9]+([.]0*)?$') THEN TRY_CAST(_rs_text AS INTEGER)
        END) AS _rs_id
        FROM _rs_named
    ) AS _rs_n
),
_rs_pair AS (
    SELECT _rs_a.clip_id AS _rs_first, _rs_b.clip_id AS _rs_second
    FROM _rs_identified AS _rs_i
    JOIN "rec_store".main."audio_clips" AS _rs_a ON _rs_a.clip_id = _rs_i._rs_first
    JOIN "rec_store".main."audio_clips" AS _rs_b ON _rs_b.clip_id = _rs_i._rs_second
),
_rs_cosines AS (
    SELECT
        _rs_q._rs_first AS _rs_of, _rs_q._rs_second AS _rs_to, _rs_v.space AS _rs_space,
        CAST(_rs_v.vector AS DOUBLE[]) AS _rs_asked,
        CAST(round(list_inner_product(CAST(_rs_v.vector AS DOUBLE[]), CAST(_rs_w.vector AS DOUBLE[])) * 100000)
            AS BIGINT) AS _rs_steps
    FROM _rs_pair AS _rs_q
    JOIN "rec_store".main."audio_vectors" AS _rs_v ON _rs_v.clip_id = _rs_q._rs_first
    JOIN "rec_store".main."audio_vectors" AS _rs_w ON _rs_w.clip_id = _rs_q._rs_second AND _rs_w.space = _rs_v.space
),
_rs_before AS (
    SELECT
        _rs_of, _rs_space, _rs_steps,
        count(*) FILTER (
            _rs_id <> _rs_of AND (_rs_near > _rs_steps OR (_rs_near = _rs_steps AND _rs_id < _rs_to))) AS _rs_nearer
    FROM (
        SELECT
            _rs_c._rs_of, _rs_c._rs_to, _rs_c._rs_space, _rs_c._rs_steps, _rs_o.clip_id AS _rs_id,
            round(list_inner_product(CAST(_rs_o.vector AS DOUBLE[]), _rs_c._rs_asked) * 100000) AS _rs_near
        FROM _rs_cosines AS _rs_c
        JOIN "rec_store".main."audio_vectors" AS _rs_o ON _rs_o.space = _rs_c._rs_space
    ) AS _rs_m
    GROUP BY _rs_of, _rs_space, _rs_steps
),
_rs_spaces AS (
    SELECT
        _rs_of,
        map(list(_rs_space ORDER BY _rs_space ASC), list(CAST(_rs_steps / 1e5 AS FLOAT) ORDER BY _rs_space ASC)) AS _rs_scores,
        map(list(_rs_space ORDER BY _rs_space ASC), list(_rs_nearer + 1 ORDER BY _rs_space ASC)) AS _rs_ranks
    FROM _rs_before
    GROUP BY _rs_of
),

_rs_judged AS (
    SELECT
        _rs_q._rs_first AS _rs_of,
        list({'label': _rs_l.name, 'probability_a': _rs_x.probability, 'probability_b': _rs_y.probability}
            ORDER BY _rs_x.probability * _rs_y.probability DESC, _rs_l.label_id ASC) AS _rs_both
    FROM _rs_pair AS _rs_q
    JOIN "rec_store".main."audio_predictions" AS _rs_x ON _rs_x.clip_id = _rs_q._rs_first
    JOIN "rec_store".main."audio_predictions" AS _rs_y ON _rs_y.clip_id = _rs_q._rs_second AND _rs_y.label_id = _rs_x.label_id
    JOIN "rec_store".main."audio_labels" AS _rs_l ON _rs_l.label_id = _rs_x.label_id
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
JOIN "rec_store".main."audio_clips" AS _rs_a ON _rs_a.clip_id = _rs_q._rs_first
JOIN "rec_store".main."audio_clips" AS _rs_b ON _rs_b.clip_id = _rs_q._rs_second
LEFT JOIN _rs_judged AS _rs_j ON _rs_j._rs_of = _rs_q._rs_first
LEFT JOIN _rs_spaces AS _rs_s ON _rs_s._rs_of = _rs_q._rs_first;
COMMENT ON MACRO TABLE "rec".main.why_audio IS 'Why two clips are alike, in one row: why_audio(clip_a, clip_b, store)';

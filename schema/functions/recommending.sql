-- Ranks what a history points to, for each question in _rs_questions, and keeps the best k as _rs_keys.
--
-- _rs_history holds what was seen: the id, and what it counts in the two kinds of weights. All is added up per item:
-- what the history points to, a large debit for what was seen, and 0 for the most popular, so many of them that k rows
-- are always found. A key is one BIGINT: above, the rounded score, or where that is 0 minus the place by popularity, or
-- where a dislike outweighs all else something lower still; below, the id (smaller first). What contributed most is
-- looked up for the rows found alone.
_rs_popular AS (
    SELECT
        _rs_w._rs_item,
        row_number() OVER (ORDER BY _rs_w._rs_preferred $direction, _rs_w._rs_item) AS _rs_place
    FROM (
        SELECT $key AS _rs_item, $preference AS _rs_preferred
        FROM $items WHERE CASE WHEN typeof(filter) = '"NULL"' THEN true ELSE filter END
    ) AS _rs_w
),
_rs_sums AS (
    SELECT _rs_c._rs_k, _rs_c._rs_id, CAST(round(sum(_rs_c._rs_amount) * 100000) AS BIGINT) AS _rs_sum
    FROM (
        SELECT
            _rs_h._rs_k, _rs_x.neighbor_id AS _rs_id,
            _rs_h._rs_taste * _rs_x.taste + _rs_h._rs_next * _rs_x.next AS _rs_amount
        FROM _rs_history AS _rs_h
        JOIN $weights AS _rs_x ON _rs_x.$key = _rs_h._rs_seen
        WHERE _rs_h._rs_taste <> 0
        UNION ALL
        SELECT _rs_h._rs_k, _rs_h._rs_seen, -1e9 FROM _rs_history AS _rs_h
        UNION ALL
        SELECT _rs_q._rs_k, _rs_p._rs_item, 0
        FROM _rs_questions AS _rs_q
        JOIN _rs_popular AS _rs_p ON _rs_p._rs_place <= _rs_q._rs_k + _rs_q._rs_length
    ) AS _rs_c
    GROUP BY _rs_c._rs_k, _rs_c._rs_id
),
_rs_answers AS (
    SELECT max(
        CASE
            WHEN _rs_s._rs_sum > 0 THEN _rs_s._rs_sum
            WHEN _rs_s._rs_sum = 0 THEN -_rs_p._rs_place
            ELSE _rs_s._rs_sum - 1000000000
        END * 4294967296 + (2147483647 - CAST(_rs_s._rs_id AS BIGINT)), _rs_s._rs_k) AS _rs_keys
    FROM _rs_sums AS _rs_s
    JOIN _rs_popular AS _rs_p ON _rs_p._rs_item = _rs_s._rs_id
    WHERE _rs_s._rs_sum > -1000000000
    GROUP BY _rs_s._rs_k
),
_rs_ranked AS (
    SELECT
        _rs_rank, CAST(2147483647 - (_rs_key & 4294967295) AS INTEGER) AS _rs_id, _rs_key >> 32 AS _rs_level
    FROM (
        SELECT unnest(_rs_keys) AS _rs_key, unnest(range(1, len(_rs_keys) + 1)) AS _rs_rank FROM _rs_answers
    ) AS _rs_t
),
_rs_explained AS (
    SELECT
        _rs_r._rs_rank, _rs_r._rs_id, _rs_r._rs_level,
        arg_max(
            {'seen': _rs_h._rs_seen, 'is_content': _rs_x.is_content,
             'is_next': _rs_h._rs_next * _rs_x.next > _rs_h._rs_taste * _rs_x.taste},
            _rs_h._rs_taste * _rs_x.taste + _rs_h._rs_next * _rs_x.next
        ) AS _rs_most
    FROM _rs_ranked AS _rs_r
    -- Left joins keep their order: what was found, times the history, and only then the weights.
    LEFT JOIN _rs_history AS _rs_h ON _rs_r._rs_level > 0 AND _rs_h._rs_taste <> 0
    LEFT JOIN $weights AS _rs_x ON _rs_x.$key = _rs_h._rs_seen AND _rs_x.neighbor_id = _rs_r._rs_id
    GROUP BY _rs_r._rs_rank, _rs_r._rs_id, _rs_r._rs_level
)
SELECT
    CAST(_rs_r._rs_rank AS SMALLINT) AS rank, $columns, CAST(NULL AS VARCHAR) AS space,
    CAST(CASE
        WHEN _rs_r._rs_level > 0 THEN _rs_r._rs_level / 100000
        WHEN _rs_r._rs_level > -1000000000 THEN 0
        ELSE (_rs_r._rs_level + 1000000000) / 100000
    END AS FLOAT) AS score,
    _rs_cause.$name AS because,
    CASE
        WHEN _rs_r._rs_level <= 0 THEN 'popular'
        WHEN _rs_r._rs_most.is_content THEN 'like it'
        WHEN _rs_r._rs_most.is_next THEN 'often rated soon after it'
        ELSE 'rated by the same people'
    END AS reason
FROM _rs_explained AS _rs_r
JOIN $items AS _rs_item ON _rs_item.$key = _rs_r._rs_id
LEFT JOIN $items AS _rs_cause ON _rs_cause.$key = _rs_r._rs_most.seen
ORDER BY _rs_r._rs_rank;

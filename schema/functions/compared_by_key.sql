_rs_args AS (
    SELECT 1 AS _rs_side, trim(CAST(${item}_a AS VARCHAR)) AS _rs_text, typeof(${item}_a) AS _rs_type
    UNION ALL
    SELECT 2, trim(CAST(${item}_b AS VARCHAR)), typeof(${item}_b)
),
_rs_named AS (
    SELECT
        _rs_a._rs_side, _rs_a._rs_text, first(_rs_i.$key ORDER BY _rs_i.$preferred, _rs_i.$key ASC) AS _rs_named_id
    FROM _rs_args AS _rs_a
    LEFT JOIN $items AS _rs_i
        ON _rs_i.$name = CASE
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
            WHEN regexp_matches(_rs_text, $whole_number) THEN TRY_CAST(_rs_text AS INTEGER)
        END) AS _rs_id
        FROM _rs_named
    ) AS _rs_n
),

_rs_questions AS (
    SELECT
        row_number() OVER () AS _rs_number, _rs_k, _rs_space, CAST([] AS INTEGER[]) AS _rs_apart, _rs_vector
    FROM _rs_asked
    WHERE _rs_vector IS NOT NULL
),

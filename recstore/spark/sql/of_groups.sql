_rs_of_groups AS (
    SELECT * FROM (
        SELECT *, row_number() OVER (PARTITION BY _rs_q, _rs_group ORDER BY _rs_steps DESC, _rs_id ASC) AS _rs_in_group
        FROM _rs_scored
    )
    WHERE _rs_in_group <= _rs_a.per_group
),

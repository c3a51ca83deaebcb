_rs_one AS (
    SELECT * FROM _rs_meant WHERE _rs_is_one
),

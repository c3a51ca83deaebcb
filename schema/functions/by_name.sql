_rs_by_name AS (
    SELECT 1 AS _rs_one FROM (SELECT $item AS _rs_given) AS _rs_i WHERE NOT $is_number
),

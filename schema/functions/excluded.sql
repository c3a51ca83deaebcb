_rs_named AS (
    SELECT 1 AS _rs_of, 0 AS _rs_role, _rs_is_number, unnest(_rs_excluded) AS _rs_text
    FROM (SELECT $given_excluded AS _rs_excluded, $excluded_is_number AS _rs_is_number) AS _rs_e
),
$meant

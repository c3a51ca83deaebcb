SELECT DISTINCT 1 AS _rs_one
FROM (SELECT $item AS _rs_given, $deep AS _rs_is_deep) AS _rs_j WHERE typeof(_rs_given) LIKE '%]' OR _rs_is_deep

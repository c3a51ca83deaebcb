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
            WHEN regexp_matches(_rs_e._rs_text, $whole_number) THEN TRY_CAST(_rs_e._rs_text AS INTEGER)
        END) AS _rs_id,
        _rs_e._rs_is_liked, _rs_e._rs_back
    FROM _rs_listed AS _rs_e
    LEFT JOIN (
        SELECT $name AS _rs_name, min({'preferred': $sign$preference, 'key': $key}) AS _rs_best
        FROM $items GROUP BY $name
    ) AS _rs_n ON _rs_n._rs_name = CASE WHEN _rs_e._rs_is_name THEN _rs_e._rs_text END
    WHERE _rs_e._rs_hold_names
) AS _rs_t
WHERE _rs_id IS NOT NULL
GROUP BY _rs_id, _rs_is_liked

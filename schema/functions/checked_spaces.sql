_rs_checked AS (
    SELECT
        * REPLACE (CASE
            -- The default is a list of all that there may be; a store need not have them.
            WHEN (len(_rs_spaces) > 0 AND len(_rs_wrong) = 0) OR _rs_spaces = $default_spaces THEN _rs_spaces
            ELSE CAST(error('$function: there is no space '
                || coalesce(nullif(array_to_string(list_transform(_rs_wrong,
                    lambda _rs_s: coalesce('''' || _rs_s || '''', 'NULL')), ', '), ''), 'NULL')
                || '; space must be one of: '
                || coalesce(nullif(array_to_string(_rs_known, ', '), ''), 'none is there')) AS VARCHAR[])
        END AS _rs_spaces)
    FROM (
        SELECT *, list_filter(_rs_spaces, lambda _rs_s: NOT coalesce(list_contains(_rs_known, _rs_s), false)) AS _rs_wrong
        FROM _rs_args, (
            SELECT coalesce(list(_rs_s.space ORDER BY _rs_s.space ASC), []) AS _rs_known
            FROM $spaces AS _rs_s WHERE _rs_s.catalog = $catalog
        ) AS _rs_spaces_of_catalog
    ) AS _rs_w
),

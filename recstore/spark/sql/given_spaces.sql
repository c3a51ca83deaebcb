transform(
    array(CASE
        WHEN $given IS NULL THEN $default_spaces
        WHEN schema_of_variant($given) LIKE 'ARRAY%' THEN CAST($given AS ARRAY<STRING>)
        ELSE array(CAST($given AS STRING))
    END),
    _rs_l -> CASE
        WHEN _rs_l = $default_spaces OR (size(_rs_l) > 0 AND forall(_rs_l, _rs_s -> coalesce(array_contains($known_spaces, _rs_s), false)))
        THEN _rs_l
        ELSE CAST(raise_error(concat('$function: there is no space ',
            coalesce(nullif(array_join(transform(filter(_rs_l, _rs_s -> NOT coalesce(array_contains($known_spaces, _rs_s), false)),
                _rs_s -> coalesce(concat('''', _rs_s, ''''), 'NULL')), ', '), ''), 'NULL'),
            '; space must be one of: ', $spaces_shown)) AS ARRAY<STRING>)
    END
)[0]

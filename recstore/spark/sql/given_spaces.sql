transform(
    array(CASE
        WHEN $given IS NULL THEN $default_spaces
        WHEN $given LIKE '[%]' THEN split(substring($given, 2, length($given) - 2), ', ')
        ELSE array($given)
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

CASE
    WHEN array_contains($known_spaces, $given) THEN $given
    ELSE CAST(raise_error(concat('$function: there is no space ', coalesce(concat('''', $given, ''''), 'NULL'),
        '; space must be one of: ', $spaces_shown)) AS STRING)
END

-- The fields of a record in which there may be quotes; none where one is out of place.
CASE
    WHEN NOT contains(text, '"') THEN string_split(text, $delimiter)
    WHEN regexp_full_match(text, $record) THEN list_transform(
        [$extracts],
        lambda field: CASE WHEN starts_with(trim(field, ' '), '"')
            THEN replace(substr(trim(field, ' '), 2, len(trim(field, ' ')) - 2), '""', '"') ELSE field END
    )
    WHEN regexp_full_match(text, $any_record) THEN ['']
    ELSE []
END

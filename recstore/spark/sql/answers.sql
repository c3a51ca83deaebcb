-- What the functions of a catalogue ask about its items: all that they return, and what is worked out once for them.
SELECT
    _rs_item.$key AS _rs_id, $name_of_item AS _rs_name,
    CASE WHEN row_number() OVER (
        PARTITION BY $name_of_item ORDER BY $preferred, _rs_item.$key ASC
    ) = 1 THEN $name_of_item END AS _rs_named,
    CAST($identity_of_item AS VARCHAR) AS _rs_identity,
    _rs_item.$preference AS _rs_preference, CAST(_rs_item.$preference AS BIGINT) AS _rs_popularity,
    CASE WHEN _rs_item._rs_available THEN row_number() OVER (
        PARTITION BY _rs_item._rs_available ORDER BY CAST(_rs_item.$preference AS BIGINT) DESC NULLS LAST, _rs_item.$key ASC
    ) END AS _rs_place,
    (SELECT list(_rs_v.space) FROM $vectors AS _rs_v WHERE _rs_v.$key = _rs_item.$key) AS _rs_spaces,
    $share AS _rs_share, _rs_item._rs_group, _rs_item._rs_available,
    ' ' || array_to_string(regexp_extract_all(strip_accents(lower($searched)), '[\p{L}\p{N}]+'), ' ') || ' ' AS _rs_words,
    $columns
FROM (SELECT *, $available AS _rs_available, $group AS _rs_group FROM $items) AS _rs_item
WHERE _rs_item.$key IS NOT NULL
ORDER BY _rs_item.$key ASC

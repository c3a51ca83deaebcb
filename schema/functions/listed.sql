-- What stands in the lists, each text once: of those liked and of those disliked, how many steps from the end.
SELECT
    trim(_rs_text) AS _rs_text, _rs_is_liked, _rs_is_name,
    CASE WHEN _rs_is_liked THEN _rs_place ELSE _rs_place - _rs_length END AS _rs_back
FROM (
    SELECT
        _rs_texts, _rs_length, _rs_text, _rs_place, _rs_place <= _rs_length AS _rs_is_liked,
        CASE WHEN _rs_place <= _rs_length THEN _rs_are_names ELSE _rs_are_names_too END AS _rs_is_name
    FROM (
        SELECT *, unnest(_rs_texts) AS _rs_text, unnest(range(1, len(_rs_texts) + 1)) AS _rs_place
        FROM (
            SELECT
                regexp_matches(typeof(_rs_liked), 'CHAR|ENUM|JSON') AS _rs_are_names,
                regexp_matches(typeof(_rs_disliked), 'CHAR|ENUM|JSON') AS _rs_are_names_too,
                coalesce(len(TRY_CAST(_rs_liked AS VARCHAR[])), 0) AS _rs_length,
                list_concat(list_reverse(TRY_CAST(_rs_liked AS VARCHAR[])),
                    list_reverse(TRY_CAST(_rs_disliked AS VARCHAR[]))) AS _rs_texts
            FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked) AS _rs_a
        ) AS _rs_l
        WHERE (_rs_are_names OR _rs_are_names_too) = $are_names
    ) AS _rs_u
) AS _rs_p
WHERE list_position(_rs_texts, _rs_text) = _rs_place

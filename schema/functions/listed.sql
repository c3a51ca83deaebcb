-- What stands in the lists, each text once: of those liked and of those disliked, how many steps from the end.
SELECT
    trim(_rs_text) AS _rs_text, _rs_place <= _rs_length AS _rs_is_liked,
    CASE WHEN _rs_place <= _rs_length THEN _rs_place ELSE _rs_place - _rs_length END AS _rs_back,
    CASE WHEN _rs_place <= _rs_length THEN _rs_type ELSE _rs_other_type END AS _rs_type
FROM (
    SELECT *, unnest(_rs_texts) AS _rs_text, unnest(range(1, len(_rs_texts) + 1)) AS _rs_place
    FROM (
        SELECT
            typeof(_rs_liked) AS _rs_type, typeof(_rs_disliked) AS _rs_other_type,
            coalesce(len(TRY_CAST(_rs_liked AS VARCHAR[])), 0) AS _rs_length,
            list_concat(list_reverse(TRY_CAST(_rs_liked AS VARCHAR[])),
                list_reverse(TRY_CAST(_rs_disliked AS VARCHAR[]))) AS _rs_texts
        FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked) AS _rs_a
        WHERE regexp_matches(typeof(_rs_liked) || typeof(_rs_disliked), 'CHAR|ENUM|JSON') = $are_names
    ) AS _rs_l
) AS _rs_u
WHERE list_position(_rs_texts, _rs_text) = _rs_place

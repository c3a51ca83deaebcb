-- What stands in the lists, each text once: of those liked and of those disliked, how many steps from the end.
SELECT
    $listed_text AS _rs_text, _rs_place <= len(_rs_texts) AS _rs_is_liked,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_place ELSE _rs_place - len(_rs_texts) END AS _rs_back,
    CASE WHEN _rs_place <= len(_rs_texts) THEN _rs_are_names ELSE _rs_are_names_too END AS _rs_is_name,
    _rs_are_names OR _rs_are_names_too AS _rs_hold_names
FROM (
    SELECT
        *, unnest(list_concat(_rs_texts, _rs_others)) AS _rs_text,
        unnest(range(1, len(_rs_texts) + len(_rs_others) + 1)) AS _rs_place
    FROM (
        SELECT
            _rs_are_names, _rs_are_names_too,
            list_where(_rs_l, list_transform(range(1, len(_rs_l) + 1), lambda _rs_n:
                coalesce(list_position(_rs_l, _rs_l[_rs_n]) = _rs_n, false))) AS _rs_texts,
            list_where(_rs_d, list_transform(range(1, len(_rs_d) + 1), lambda _rs_n:
                coalesce(list_position(_rs_d, _rs_d[_rs_n]) = _rs_n, false))) AS _rs_others
        FROM (
            SELECT
                regexp_matches(typeof(_rs_liked), 'CHAR|ENUM|JSON') AS _rs_are_names,
                regexp_matches(typeof(_rs_disliked), 'CHAR|ENUM|JSON') AS _rs_are_names_too,
                coalesce(list_reverse(TRY_CAST(_rs_liked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_l,
                coalesce(list_reverse(TRY_CAST(_rs_disliked AS VARCHAR[])), CAST([] AS VARCHAR[])) AS _rs_d
            FROM (SELECT liked AS _rs_liked, disliked AS _rs_disliked) AS _rs_a
        ) AS _rs_r
    ) AS _rs_o
) AS _rs_u

SELECT _rs_user AS "user", item, rating
FROM (
    UNPIVOT (SELECT $who AS _rs_user, * FROM $source)
    ON ($cells::DOUBLE)
    INTO NAME item VALUE rating
)
WHERE $kept

-- The builds whose results stay in the file, with what stays of them.
INSERT INTO builds
SELECT
    build_id,
    built_at,
    list_filter(catalogs, lambda name: list_contains(CAST($$kept AS VARCHAR[]), name)),
    list_filter(sources, lambda s: list_contains(CAST($$kept AS VARCHAR[]), s."catalog")),
    configuration,
    seconds,
    list_filter(measured, lambda m: list_contains(CAST($$kept AS VARCHAR[]), m."catalog"))
FROM $old.main.builds
WHERE len(list_intersect(catalogs, CAST($$kept AS VARCHAR[]))) > 0;

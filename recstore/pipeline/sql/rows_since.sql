-- How many rows a table has more than the old store's, and what was counted likewise since the whole build.
SELECT
    (SELECT count(*) FROM $table) - (SELECT count(*) FROM $old.main.$table) + coalesce(
        (
            SELECT m.value
            FROM (
                SELECT unnest(measured) AS m
                FROM (FROM $old.main.builds WHERE list_contains(catalogs, $$catalog) ORDER BY built_at DESC LIMIT 1)
            )
            WHERE m."catalog" = $$catalog AND m.space IS NULL AND m.what = $$what
        ), 0)

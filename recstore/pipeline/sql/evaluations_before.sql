-- How many figures of the old store belong to the catalogues that were computed anew.
SELECT catalog, count(*) FROM $old.main.evaluations
WHERE list_contains(CAST($$catalogs AS VARCHAR[]), catalog)
GROUP BY catalog ORDER BY catalog;

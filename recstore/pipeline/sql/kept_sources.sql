-- Where the data of catalogues came from that were computed anew from the tables in the store.
SELECT DISTINCT s
FROM (SELECT unnest(sources) AS s FROM $old.main.builds)
WHERE list_contains(CAST($$catalogs AS VARCHAR[]), s."catalog")
ORDER BY s;

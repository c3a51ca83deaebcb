-- How good the recommendations of some catalogues are, as it was measured of the store that was written as tables.
SELECT * FROM $arriving.main.evaluations WHERE list_contains(CAST($$catalogs AS VARCHAR[]), catalog)

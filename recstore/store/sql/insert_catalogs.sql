INSERT INTO catalogs
SELECT unnest($catalogs), unnest($items), unnest($tables), unnest($keys), unnest($declarations);

SELECT $key AS id, vector FROM $vectors WHERE space = $$space ORDER BY $key ASC;

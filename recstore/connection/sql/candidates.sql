-- Every item that has a vector in any space.
SELECT DISTINCT $key AS id FROM $vectors ORDER BY $key ASC;

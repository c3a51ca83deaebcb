-- The names of PostgreSQL's types by their numbers, and of an array's the name of the type in it.
SELECT t.oid, t.typname, e.typname
FROM pg_type AS t LEFT JOIN pg_type AS e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE t.oid = ANY(%s)

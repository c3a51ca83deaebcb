-- A row whose key is added again keeps its place, and what its user put beside it, and takes the added values.
UPDATE $table AS r SET $values FROM added_rows AS a
WHERE $same AND $later AND ($differs);

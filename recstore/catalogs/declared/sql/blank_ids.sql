-- Whether any id is text of blanks alone: what begins with another character is not.
SELECT count(*) > 0
FROM (SELECT $id AS id FROM $source)
WHERE (id < '!' OR starts_with(id, chr(160))) AND trim(id, $blanks) = ''

-- The items that were weighed, in order: content stands in for all others.
SELECT DISTINCT $key AS id FROM $old.main.$weights WHERE NOT is_content ORDER BY id ASC

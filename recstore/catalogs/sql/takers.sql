-- What items take of what is older in a history, in order of the items.
SELECT $key AS id, takes FROM $old.main.$tastes WHERE takes IS NOT NULL ORDER BY id ASC

-- As many copies of each as the source has more than the store: so to add a file again adds nothing.
INSERT INTO $interactions ($names)
SELECT $columns FROM (SELECT $select FROM $source) AS h $known
WHERE $sound
EXCEPT ALL
SELECT $names FROM $interactions

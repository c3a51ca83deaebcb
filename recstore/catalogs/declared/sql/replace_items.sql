-- Items that are there already become what the source says of them now; $set are their columns.
UPDATE $items SET $set
FROM gathered.shaped_items AS s
WHERE $items.$identity = s.$identity AND s._rs_line NOT IN (SELECT _rs_line FROM gathered.repeated_items)
    AND ($differs)

-- (Rows stand in the order of the file.)
DELETE FROM ratings WHERE rowid IN (
    SELECT rowid FROM ratings
    WHERE $pair IN (SELECT pair FROM repeated_pairs)
    QUALIFY row_number() OVER (PARTITION BY $pair ORDER BY rated_at DESC, rowid DESC) > 1
)

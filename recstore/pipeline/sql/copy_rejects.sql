-- The rejected lines of one catalogue, told by the files that its builds read.
INSERT INTO load_rejects BY NAME
SELECT r.*
FROM $old.main.load_rejects AS r
SEMI JOIN (
    SELECT s."file" AS file
    FROM (SELECT unnest(sources) AS s FROM $old.main.builds)
    WHERE s."catalog" = $$catalog
) AS f ON r.source = f.file OR starts_with(r.source, f.file || ':');

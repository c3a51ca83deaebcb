-- Where items lie on a map; a table as one that the user adds, so that rebuilds keep it. Other spaces keep their places.
CREATE TABLE IF NOT EXISTS $table (
    space VARCHAR NOT NULL,
    $key  INTEGER NOT NULL,
    x     FLOAT NOT NULL,
    y     FLOAT NOT NULL
);
DELETE FROM $table WHERE space = $space;
INSERT INTO $table BY NAME SELECT $space AS space, id AS $key, x, y FROM places_to_insert ORDER BY id ASC;
COMMENT ON TABLE $table IS $about;
COMMENT ON COLUMN $table.space IS 'The space (spaces.space)';
COMMENT ON COLUMN $table.$key IS 'The item';
COMMENT ON COLUMN $table.x IS 'Its place across, in no unit';
COMMENT ON COLUMN $table.y IS 'Its place up, in no unit';
DELETE FROM store_info WHERE key = $fact;

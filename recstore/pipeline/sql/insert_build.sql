INSERT INTO builds
VALUES ($build_id, $built_at, $catalogs, $sources, map($options, $values), map($stages, $seconds), $measured);

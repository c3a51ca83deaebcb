INSERT INTO audio_labels
SELECT row_number() OVER () - 1 + $first, $own || name, name, true
FROM (SELECT unnest(CAST($names AS VARCHAR[])) AS name)

INSERT INTO audio_labels
SELECT row_number() OVER () - 1, mid, name, music
FROM (SELECT unnest($mids) AS mid, unnest($names) AS name, unnest($music) AS music)

(
    SELECT line, breaks, text AS raw, len(fields) AS n_fields, $casts, CASE $misreads END AS misread
    FROM (SELECT line, breaks, text, $fields AS fields FROM lines WHERE text <> '')
)

SELECT $columns, $picked
FROM $many AS many
LEFT JOIN $one AS one $link

INSERT INTO annoy_chunks
SELECT $index_name, row_number() OVER () - 1, data, CAST($checksums AS VARCHAR[])[row_number() OVER ()]
FROM chunks_to_insert;

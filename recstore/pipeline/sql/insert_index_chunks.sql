INSERT INTO annoy_chunks SELECT $index_name, chunk, data, sha256 FROM chunks_to_insert;

SELECT data, sha256 FROM annoy_chunks WHERE index_name = $index_name ORDER BY chunk ASC;

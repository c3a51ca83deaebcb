SELECT data, sha256 FROM annoy_chunks
WHERE index_name = $index_name AND chunk >= $first AND chunk < $last
ORDER BY chunk ASC;

INSERT INTO annoy_indexes (index_name, catalog, space, metric, dimensions, trees, seed, items, sha256, bytes)
VALUES ($index_name, $catalog, $space, $metric, $dimensions, $trees, $seed, $items, $sha256, $bytes);

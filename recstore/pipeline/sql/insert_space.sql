INSERT INTO spaces (catalog, space, dimensions, kind, is_default, items, neighbors, recipe, center, explained)
VALUES ($catalog, $space, $dimensions, 'vectors', $is_default, $items, $neighbors, $recipe, $center, $explained);

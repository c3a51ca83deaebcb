-- The stages of the latest build of a store, in their order, with their seconds.
SELECT unnest(map_keys(seconds)), unnest(map_values(seconds))
FROM (SELECT seconds FROM {old}.main.builds ORDER BY built_at DESC LIMIT 1);

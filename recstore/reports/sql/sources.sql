-- The files that the builds of a store read.
SELECT DISTINCT s."catalog", s."source", s."file", s.bytes, s.sha256, s."rows", s.rejects
FROM (SELECT unnest(sources) AS s FROM $store.main.builds)
ORDER BY ALL;

-- sources: The files of the last build.
SELECT s."catalog", s."source", s."file", s.bytes, s."rows", s.rejects
FROM (SELECT unnest(sources) AS s FROM builds);

-- What was measured of a catalogue: for each protocol the models by accuracy, with interval and coverage.
SELECT
    a.protocol, a.model, a.is_default, a.metric, a.value, a.low, a.high, a.n AS questions,
    (
        SELECT max(c.value)
        FROM evaluations AS c
        WHERE c.catalog = a.catalog AND c.protocol = a.protocol AND c.model = a.model AND c.metric = 'coverage@10'
    ) AS coverage
FROM evaluations AS a
WHERE
    a.catalog = $catalog
    AND a.metric = CASE WHEN a.protocol LIKE 'label-retrieval%' THEN 'precision@10' ELSE 'ndcg@10' END
ORDER BY a.protocol ASC, a.value DESC, a.model ASC

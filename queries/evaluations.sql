-- evaluations: How good the recommendations are, the best of each protocol first; intervals and more stand in the table.
SELECT
    catalog,
    protocol,
    model || CASE WHEN is_default THEN ' (default)' ELSE '' END AS model,
    any_value(n) AS questions,
    round(max(value) FILTER (metric = 'precision@10'), 4) AS "precision@10",
    round(max(value) FILTER (metric = 'hr@10'), 4) AS "hr@10",
    round(max(value) FILTER (metric = 'recall@10'), 4) AS "recall@10",
    round(max(value) FILTER (metric = 'ndcg@10'), 4) AS "ndcg@10",
    round(max(value) FILTER (metric = 'map@10'), 4) AS "map@10",
    round(max(value) FILTER (metric = 'coverage@10'), 4) AS "coverage@10",
    round(max(value) FILTER (metric = 'popularity_percentile@10'), 1) AS "popularity_percentile@10",
    round(max(value) FILTER (metric = 'novelty@10'), 2) AS "novelty@10",
    round(max(value) FILTER (metric = 'diversity@10'), 4) AS "diversity@10"
FROM evaluations
GROUP BY catalog, protocol, model, is_default
ORDER BY catalog DESC, protocol ASC NULLS LAST, coalesce("ndcg@10", "precision@10") DESC NULLS LAST, model ASC;

-- The ten nearest to a vector as `nearest` finds them: what an index is measured against.
SELECT max(
    CAST(round(list_inner_product(CAST(v.vector AS DOUBLE[]), CAST($$vector AS DOUBLE[])) * $score_steps) AS BIGINT) * $key_span
    + ($key_largest_id - CAST(v.$key AS BIGINT)), 10)
FROM $vectors AS v
WHERE v.space = $$space;

-- The ten nearest to a vector as `nearest` finds them: what an index is measured against.
SELECT max(
    CAST(round(list_inner_product(CAST(v.vector AS DOUBLE[]), CAST($$vector AS DOUBLE[])) * 100000) AS BIGINT) * 4294967296
    + (2147483647 - CAST(v.$key AS BIGINT)), 10)
FROM $vectors AS v
WHERE v.space = $$space;

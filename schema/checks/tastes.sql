-- What is older in a history adds up: all items give to as many directions as they take from, and finite amounts.
SELECT count(*) AS faults, CAST(min(t.$key) AS VARCHAR) AS example
FROM $tastes AS t
WHERE NOT coalesce(
    len(t.gives) = (SELECT max(len(gives)) FROM $tastes) AND isfinite(list_inner_product(t.gives, t.gives))
    AND (t.takes IS NULL OR (len(t.takes) = len(t.gives) AND isfinite(list_inner_product(t.takes, t.takes)))), false)

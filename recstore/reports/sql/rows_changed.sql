-- How many rows are before alone, and how many now alone, in whatever order they stand; equal ones count each.
SELECT
    CAST(coalesce(sum(-more) FILTER (more < 0), 0) AS BIGINT) AS removed,
    CAST(coalesce(sum(more) FILTER (more > 0), 0) AS BIGINT) AS added
FROM (
    SELECT sum(one) AS more
    FROM (
        SELECT hash($columns) AS hashed, 1 AS one FROM $now
        UNION ALL
        SELECT hash($columns), -1 FROM $before
    )
    GROUP BY hashed
    HAVING more <> 0
);

-- mailing: What to write to which customer: the best for each person of a segment, in one statement.
-- Your customers are a table with the columns ${user} and segment; without one, the 20 who were there last.
-- for: any with interactions
-- $customers VARCHAR = ${customers} -- the table, such as 'mine.customers', or a query in parentheses
-- $segment VARCHAR = '' -- the segment to write to; all where it is ''
-- $k INTEGER = 3 -- how many ${items} for each person
SELECT c.segment, c.${user}, r.rank, r.${id}, r.${title} AS ${name}, r.because, r.score
FROM (
    SELECT CAST(segment AS VARCHAR) AS segment, ${user}
    FROM query('FROM ' || coalesce(getvariable('customers'), ${customers}))
    WHERE coalesce(getvariable('segment'), '') IN ('', CAST(segment AS VARCHAR))
) AS c, ${recommend}(c.${user}, k := coalesce(getvariable('k'), 3)) AS r
ORDER BY c.segment ASC, c.${user} ASC, r.rank ASC;

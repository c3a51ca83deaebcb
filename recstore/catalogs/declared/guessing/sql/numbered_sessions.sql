-- Of how many users the sessions are numbered from 0 or 1 on, each with a number of its own: how many users there are, how
-- many have several sessions, and how many are counted so. (Of a sample the last numbers may be missing, no other.)
SELECT count(*), count(*) FILTER (sessions > 1), count(*) FILTER (sessions = numbers AND least <= 1 AND most - least + 1 = numbers)
FROM (
    SELECT count(DISTINCT session) AS sessions, count(DISTINCT number) AS numbers, min(number) AS least, max(number) AS most
    FROM (SELECT $user AS who, $session AS session, $number AS number FROM $source)
    WHERE who IS NOT NULL AND session IS NOT NULL
    GROUP BY who
)

-- Of the users who have several sessions, how many there are, and how many have them numbered from 0 or 1 on, each session
-- with a number of its own.
SELECT count(*), count(*) FILTER (sessions = numbers AND least <= 1 AND most - least + 1 = numbers)
FROM (
    SELECT count(DISTINCT session) AS sessions, count(DISTINCT number) AS numbers, min(number) AS least, max(number) AS most
    FROM (SELECT $user AS who, $session AS session, $number AS number FROM $source)
    WHERE who IS NOT NULL AND session IS NOT NULL
    GROUP BY who
)
WHERE sessions > 1

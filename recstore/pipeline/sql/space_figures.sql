-- What can be said of how good each space of a catalogue is, without asking anybody: its items as a share of all, how
-- near its first neighbours are, and how much its dimensions explain.
SELECT
    s.space,
    s.items,
    s.items / nullif((SELECT count(*) FROM $database.main.$items), 0) AS share,
    (SELECT avg(n.score) FROM $database.main.$neighbors AS n WHERE n.space = s.space AND n.rank <= 10) AS score,
    s.explained
FROM $database.main.spaces AS s
WHERE s.catalog = $catalog
ORDER BY s.space;

-- How much of the variance the first dimensions of each space explain.
SELECT space, explained FROM spaces WHERE catalog = $catalog AND len(explained) > 1 ORDER BY space ASC

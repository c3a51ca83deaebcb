-- How small the smallest weights are that were kept, and how large the largest of an item are, in the middle.
SELECT min(least), median(largest)
FROM (
    SELECT min(taste + next) AS least, max(taste) FILTER ($key <> neighbor_id) AS largest
    FROM $old.main.$weights WHERE NOT is_content
    GROUP BY $key
)

-- The build that made this file is recorded.
SELECT 1 - count(*) AS faults, 'store_info.build_id' AS example
FROM $store_info AS i JOIN $builds AS b ON i.key = 'build_id' AND i.value = b.build_id

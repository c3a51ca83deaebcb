SELECT $name AS "check", faults = 0 AS is_sound, faults, CASE WHEN faults > 0 THEN example END AS example, $means AS means FROM (
$query
)
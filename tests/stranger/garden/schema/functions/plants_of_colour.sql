-- The plants of one colour, the tallest first.
CREATE MACRO $plants_of_colour(colour, store := NULL) AS TABLE
SELECT _rs_p.plant_id, _rs_p.name, _rs_p.height
FROM (SELECT colour AS _rs_colour) AS _rs_a
JOIN $plants AS _rs_p ON list_contains(_rs_p.colours, _rs_a._rs_colour)
ORDER BY _rs_p.height DESC NULLS LAST, _rs_p.plant_id ASC;

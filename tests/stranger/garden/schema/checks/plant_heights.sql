-- Every plant has a height above 0.
SELECT count(*) AS faults, min(name) AS example FROM $plants WHERE NOT (height > 0 AND isfinite(height))

-- What clips probably are is said with a probability.
SELECT count(*) AS faults, min(p.clip_id) AS example
FROM $audio_predictions AS p
WHERE NOT (isfinite(p.probability) AND p.probability BETWEEN 0 AND 1)

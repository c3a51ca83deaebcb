-- The record that the block ends in: its first line, and its text so far.
SELECT min(line), string_agg(text, chr(10) ORDER BY line)
FROM lines JOIN open_runs ON line >= first_line
WHERE last_line IS NULL AND end_line = (SELECT max(line) FROM lines)

-- Records of several lines become one each; lines that do not make a record together remain what they are.
CREATE OR REPLACE TEMP TABLE lines AS
WITH joined AS (
    SELECT first_line AS line, last_line - first_line AS breaks, string_agg(text, chr(10) ORDER BY l.line) AS text
    FROM lines AS l JOIN open_runs AS r ON l.line BETWEEN r.first_line AND r.last_line
    GROUP BY first_line, last_line
    HAVING regexp_full_match(string_agg(text, chr(10) ORDER BY l.line), $record)
)
FROM joined
UNION ALL
SELECT l.line, l.breaks, l.text
FROM lines AS l ASOF LEFT JOIN joined AS j ON l.line >= j.line
WHERE j.line IS NULL OR l.line > j.line + j.breaks
ORDER BY line

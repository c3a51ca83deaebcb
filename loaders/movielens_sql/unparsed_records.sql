-- What DuckDB's reader rejected, one row a record (it may give two), in our words.
CREATE OR REPLACE TEMP TABLE unparsed_records AS
SELECT *, len(raw) - len(replace(raw, chr(10), '')) AS breaks
FROM (
    SELECT
        CAST(line AS BIGINT) AS record,
        first(column_name ORDER BY column_idx) FILTER (error_type = 'CAST') AS "column",
        first(CASE error_type
            WHEN 'CAST' THEN 'no number'
            WHEN 'MISSING COLUMNS' THEN 'wrong number of columns'
            WHEN 'TOO MANY COLUMNS' THEN 'wrong number of columns'
            WHEN 'UNQUOTED VALUE' THEN 'a quote is out of place'
            WHEN 'LINE SIZE OVER MAXIMUM' THEN 'the line is too long'
            WHEN 'INVALID ENCODING' THEN 'not valid UTF-8'
            ELSE lower(CAST(error_type AS VARCHAR))
        END ORDER BY column_idx) AS reason,
        trim(any_value(csv_line), chr(10) || chr(13)) AS raw,
        bool_or(error_type = 'INVALID ENCODING') AS is_undecodable
    FROM reject_errors
    GROUP BY line
)

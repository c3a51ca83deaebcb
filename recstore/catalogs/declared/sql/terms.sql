-- How often each term stands in an item's text, and its categories, one term each. A term is what scikit-learn's
-- TfidfVectorizer takes for one: two or more letters, digits or underscores in a row, in lower case, no stop word.
CREATE OR REPLACE TEMP TABLE terms_of_items AS
SELECT item, term, CAST(count(*) AS INTEGER) AS times
FROM (
    SELECT _rs_no AS item, unnest(regexp_extract_all(lower(text), '[\p{L}\p{N}_]{2,}')) AS term
    FROM (SELECT _rs_no, $text AS text FROM $items)
    UNION ALL
    SELECT _rs_no, unnest(_rs_categories) FROM $items
)
WHERE term NOT IN (SELECT unnest(CAST($$stop_words AS VARCHAR[]))) AND item IS NOT NULL
GROUP BY item, term;

-- How often each term stands in a movie's genres and tags. A term is what scikit-learn's TfidfVectorizer takes for
-- one: two or more letters, digits or underscores in a row, in lower case, no stop word.
CREATE OR REPLACE TEMP TABLE terms_of_movies AS
SELECT movie_id, term, CAST(count(*) AS INTEGER) AS times
FROM (
    SELECT movie_id, unnest(regexp_extract_all(lower(text), '[\p{L}\p{N}_]{2,}')) AS term
    FROM (
        SELECT movie_id, unnest(genres) AS text FROM movies
        UNION ALL
        SELECT movie_id, tag FROM tags
    )
)
WHERE term NOT IN (SELECT unnest(CAST($stop_words AS VARCHAR[])))
GROUP BY movie_id, term;

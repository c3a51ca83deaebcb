-- health: The health of the store: its age, what it holds, what has no vector or no neighbours, what was not loaded.
SELECT * FROM (
    SELECT 1 AS line, 'days since the build' AS what,
        CAST(date_diff('day', CAST(value AS TIMESTAMP), current_localtimestamp()) AS VARCHAR) AS value
    FROM store_info WHERE key = 'built_at'
    UNION ALL SELECT 2, 'movies', CAST(count(*) AS VARCHAR) FROM movies
    UNION ALL SELECT 3, 'ratings', CAST(count(*) AS VARCHAR) FROM ratings
    UNION ALL SELECT 4, 'last rating', coalesce(CAST(max(rated_at) AS VARCHAR), '') FROM ratings
    UNION ALL SELECT 5, 'movies without ratings', CAST(count(*) AS VARCHAR) FROM movies WHERE n_ratings = 0
    UNION ALL SELECT 6, 'movies without a vector in any space', CAST(count(*) AS VARCHAR)
        FROM movies AS m ANTI JOIN movie_vectors AS v ON v.movie_id = m.movie_id
    UNION ALL SELECT 7, 'clips', CAST(count(*) AS VARCHAR) FROM audio_clips
    UNION ALL SELECT 8, 'clips without a vector in any space', CAST(count(*) AS VARCHAR)
        FROM audio_clips AS c ANTI JOIN audio_vectors AS v ON v.clip_id = c.clip_id
    UNION ALL SELECT 9, 'vectors in the space ' || space, CAST(count(*) AS VARCHAR)
        FROM (SELECT space FROM movie_vectors UNION ALL SELECT space FROM audio_vectors) AS v GROUP BY space
    UNION ALL SELECT 10, 'movies with vectors but no neighbours', CAST(count(*) AS VARCHAR)
        FROM (SELECT space, movie_id FROM movie_vectors EXCEPT SELECT space, movie_id FROM movie_neighbors) AS lone
    UNION ALL SELECT 11, 'lines not loaded', CAST(count(*) AS VARCHAR) FROM load_rejects
) AS facts
ORDER BY line ASC, what ASC;

-- content_digest: The digest of what the store holds, computed anew, and what its build recorded.
-- One line for each table, and for each space of tables that have spaces: its name, rows, and the sum of their hashes.
-- The order of rows, times, paths, and figures of the machine do not count. This file is made by recstore.digest.
SELECT
    sha256(string_agg(concat_ws(' ', "table", space, "rows", hashes) || chr(10), '' ORDER BY "table" ASC, space ASC)) AS computed,
    (SELECT value FROM store_info WHERE key = 'content_digest') AS recorded
FROM (
SELECT 'audio_clips' AS "table", '-' AS space, count(*) AS "rows", sum(hash("clip_id", "video_id", "start_seconds", "end_seconds", "labels", "split")) AS hashes FROM "audio_clips" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'audio_frames' AS "table", '-' AS space, count(*) AS "rows", sum(hash("clip_id", "frames")) AS hashes FROM "audio_frames" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'audio_label_weights' AS "table", '-' AS space, count(*) AS "rows", sum(hash("label_id", "gives", "place", "bias", "weights")) AS hashes FROM "audio_label_weights" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'audio_labels' AS "table", '-' AS space, count(*) AS "rows", sum(hash("label_id", "mid", "name", "is_music")) AS hashes FROM "audio_labels" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'audio_landmarks' AS "table", '-' AS space, count(*) AS "rows", sum(hash("landmark", "kind", "width", "vector")) AS hashes FROM "audio_landmarks" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'audio_neighbors' AS "table", replace(space, chr(10), ' ') AS space, count(*) AS "rows", sum(hash("space", "clip_id", "rank", "neighbor_id", "score")) AS hashes FROM "audio_neighbors" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'audio_predictions' AS "table", '-' AS space, count(*) AS "rows", sum(hash("clip_id", "label_id", "probability")) AS hashes FROM "audio_predictions" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'audio_vectors' AS "table", replace(space, chr(10), ' ') AS space, count(*) AS "rows", sum(hash("space", "clip_id", "vector")) AS hashes FROM "audio_vectors" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'links' AS "table", '-' AS space, count(*) AS "rows", sum(hash("movie_id", "imdb_id", "tmdb_id")) AS hashes FROM "links" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'movie_neighbors' AS "table", replace(space, chr(10), ' ') AS space, count(*) AS "rows", sum(hash("space", "movie_id", "rank", "neighbor_id", "score")) AS hashes FROM "movie_neighbors" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'movie_tastes' AS "table", '-' AS space, count(*) AS "rows", sum(hash("movie_id", "gives", "takes")) AS hashes FROM "movie_tastes" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'movie_terms' AS "table", '-' AS space, count(*) AS "rows", sum(hash("term", "idf", "component")) AS hashes FROM "movie_terms" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'movie_vectors' AS "table", replace(space, chr(10), ' ') AS space, count(*) AS "rows", sum(hash("space", "movie_id", "vector")) AS hashes FROM "movie_vectors" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'movie_weights' AS "table", '-' AS space, count(*) AS "rows", sum(hash("movie_id", "neighbor_id", "taste", "next", "is_content")) AS hashes FROM "movie_weights" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'movies' AS "table", '-' AS space, count(*) AS "rows", sum(hash("movie_id", "title", "year", "genres", "n_ratings", "mean_rating")) AS hashes FROM "movies" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'ratings' AS "table", '-' AS space, count(*) AS "rows", sum(hash("user_id", "movie_id", "rating", "rated_at")) AS hashes FROM "ratings" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'spaces' AS "table", replace(space, chr(10), ' ') AS space, count(*) AS "rows", sum(hash("catalog", "space", "dimensions", "kind", "is_default", "items", "neighbors", "recipe", "center", "explained")) AS hashes FROM "spaces" GROUP BY ALL HAVING count(*) > 0
UNION ALL
SELECT 'tags' AS "table", '-' AS space, count(*) AS "rows", sum(hash("user_id", "movie_id", "tag", "tagged_at")) AS hashes FROM "tags" GROUP BY ALL HAVING count(*) > 0
ORDER BY ALL ASC
) AS lines;

-- Of the movies that list genres: how many list several, how many have a genre that reads like a list of them, how many
-- one that reads like several words, and one of the odd ones. Bars come between genres, hence never within one.
SELECT
    count(*), count(*) FILTER (len(genres) > 1),
    count(*) FILTER (len(list_filter(genres, lambda genre: regexp_matches(genre, '[\[\]{};,\t]'))) > 0),
    count(*) FILTER (len(list_filter(genres, lambda genre: regexp_matches(genre, '[^\p{L}\p{N}''’-]'))) > 0),
    min({'movie': movie_id, 'genres': array_to_string(genres, '|')})
        FILTER (len(list_filter(genres, lambda genre: regexp_matches(genre, '[^\p{L}\p{N}''’-]'))) > 0)
FROM movies
WHERE len(genres) > 0

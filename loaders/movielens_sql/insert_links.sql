INSERT INTO links SELECT movie_id, imdb_id, tmdb_id FROM $rows

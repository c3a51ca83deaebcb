-- Term counts of every movie that has any known term, in the order of movies and terms.
SELECT movie_id, position AS term, times, movie_id IN (SELECT movie_id FROM participating_movies) AS takes_part
FROM terms_of_movies JOIN vocabulary USING (term)
ORDER BY movie_id, term;

-- (A TMDB id that is no whole number was refused.)
SELECT count(*) > count(DISTINCT movie_id) OR EXISTS (FROM links ANTI JOIN movies USING (movie_id)) FROM links

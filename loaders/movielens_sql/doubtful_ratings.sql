-- Whether any rating that was just loaded may be at fault. (NaN sorts above all numbers; NULL was refused.)
SELECT
    EXISTS (FROM ratings WHERE rating < 0.5 OR rating > 5)
    OR EXISTS (FROM ratings ANTI JOIN movies USING (movie_id))

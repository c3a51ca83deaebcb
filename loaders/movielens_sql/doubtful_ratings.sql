-- Whether any rating that was just loaded may be at fault.
SELECT
    EXISTS (
        FROM ratings
        WHERE user_id IS NULL OR movie_id IS NULL OR rated_at IS NULL OR rating IS NULL
            OR rating < 0.5 OR rating > 5
    )
    OR EXISTS (FROM ratings ANTI JOIN movies USING (movie_id))

SELECT EXISTS (FROM tags ANTI JOIN movies USING (movie_id))

INSERT INTO tags SELECT user_id, movie_id, coalesce(tag, ''), tagged_at FROM $rows

-- How much there is of everything that a build of the movies holds whole.
SELECT
    (SELECT count(*) FROM movies) AS movies,
    (SELECT count(*) FROM ratings) AS ratings,
    (SELECT count(DISTINCT movie_id) FROM ratings) AS rated,
    (SELECT coalesce(sum(len(genres)), 0) FROM movies) + 2 * (SELECT count(*) FROM tags) AS terms;

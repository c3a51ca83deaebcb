-- Whether the file is sorted by user and movie, as MovieLens's own mostly are: then no pair is repeated, and the
-- costly look for repeated ones is not needed. Without ORDER BY the window streams in the order of the file.
SELECT NOT EXISTS (
    FROM (SELECT pair, lag(pair) OVER () AS previous FROM (SELECT $pair AS pair FROM ratings))
    WHERE pair <= previous
)

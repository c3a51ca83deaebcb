SELECT
    user_id,
    movie_id,
    tag,
    CASE WHEN seconds BETWEEN 0 AND 253402300799 THEN make_timestamp(seconds * 1000000) END AS tagged_at,
    len(tag) - len(replace(tag, chr(10), '')) AS breaks
FROM $reader

-- What is nearest to each of a sample of stored vectors, in one query.
SELECT _rs_sample.place, near.$shown_key, near.score
FROM (
    SELECT row_number() OVER (ORDER BY hash($key) ASC, $key ASC) AS place, vector AS asked
    FROM $vectors WHERE space = $$space
    ORDER BY place ASC LIMIT $$questions
) AS _rs_sample, $nearest(_rs_sample.asked, k := $$k, space := $$space) AS near
ORDER BY _rs_sample.place ASC, near.rank ASC

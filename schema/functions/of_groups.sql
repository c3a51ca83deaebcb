-- Of each group of items the best alone, or as many as are asked for.
_rs_of_groups AS (
    SELECT _rs_space, _rs_number, _rs_k$and_said$unnested
    FROM (
        SELECT
            _rs_space, _rs_number, _rs_k$and_said, max(_rs_key, $per_group_of) AS _rs_keys$vectors_of_group
        FROM _rs_scored
        GROUP BY _rs_space, _rs_number, _rs_k, _rs_group$and_said
    ) AS _rs_g
),

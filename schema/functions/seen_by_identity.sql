    SELECT _rs_i.$key AS _rs_id, $valued AS _rs_rating, max(_rs_b._rs_moment) AS _rs_at
    FROM (SELECT $as_user AS _rs_user) AS _rs_a
    JOIN (
        SELECT
            $user AS _rs_by, $history_item AS _rs_of, $time AS _rs_moment, $value AS _rs_value, $amount AS _rs_amount
        FROM $history_table AS _rs_h
    ) AS _rs_b ON _rs_b._rs_by = _rs_a._rs_user
    JOIN $items AS _rs_i ON _rs_i.$identity = _rs_b._rs_of
    GROUP BY _rs_i.$key
    HAVING sum(_rs_b._rs_amount) > 0

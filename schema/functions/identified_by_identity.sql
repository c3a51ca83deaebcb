-- The items in the lists, each an id or a title; a name of none is no step. Several names may be of one item.
SELECT
    _rs_id, _rs_is_liked, row_number() OVER (PARTITION BY _rs_is_liked ORDER BY min(_rs_back) ASC) AS _rs_back
FROM (
    SELECT _rs_is_liked, _rs_back, min({'preferred': _rs_preferred, 'id': _rs_found}).id AS _rs_id
    FROM (
        SELECT _rs_c._rs_is_liked, _rs_c._rs_back, -9223372036854775807 AS _rs_preferred, _rs_i.$key AS _rs_found
        FROM _rs_listed AS _rs_c
        JOIN $items AS _rs_i ON _rs_i.$identity = $as_identity
        UNION ALL
        SELECT _rs_c._rs_is_liked, _rs_c._rs_back, $sign _rs_i.$preference, _rs_i.$key
        FROM _rs_listed AS _rs_c
        JOIN $items AS _rs_i ON $name_of_i = _rs_c._rs_text
    ) AS _rs_f
    GROUP BY _rs_is_liked, _rs_back
) AS _rs_t
GROUP BY _rs_id, _rs_is_liked

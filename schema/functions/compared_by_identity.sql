_rs_args AS (
    SELECT 1 AS _rs_side, CAST(${item}_a AS VARCHAR) AS _rs_text
    UNION ALL
    SELECT 2, CAST(${item}_b AS VARCHAR)
),
_rs_identified AS (
    SELECT
        min({'preferred': _rs_preferred, 'id': _rs_id}) FILTER (_rs_side = 1).id AS _rs_first,
        min({'preferred': _rs_preferred, 'id': _rs_id}) FILTER (_rs_side = 2).id AS _rs_second
    FROM (
        SELECT _rs_c._rs_side, -9223372036854775807 AS _rs_preferred, _rs_i.$key AS _rs_id
        FROM _rs_args AS _rs_c
        JOIN $items AS _rs_i ON _rs_i.$identity = $as_identity
        UNION ALL
        SELECT _rs_c._rs_side, $sign _rs_i.$preference, _rs_i.$key
        FROM _rs_args AS _rs_c
        JOIN $items AS _rs_i ON $name_of_i = _rs_c._rs_text
    ) AS _rs_n
),

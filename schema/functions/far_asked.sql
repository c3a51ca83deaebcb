_rs_asked AS (
    SELECT
        _rs_n._rs_of, _rs_n._rs_k, list(DISTINCT _rs_n._rs_id) AS _rs_apart,
        arg_min(_rs_v.space, $place_of_v) AS _rs_space
    FROM (SELECT * FROM _rs_meant$where_many) AS _rs_n
    JOIN $vectors AS _rs_v ON _rs_v.$key = _rs_n._rs_id AND $place_of_v IS NOT NULL
    GROUP BY _rs_n._rs_of, _rs_n._rs_k$spaces_of_n
),
_rs_sides AS (
    SELECT
        _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_space, _rs_a._rs_apart,
        list(CAST(_rs_v.vector AS DOUBLE[]) ORDER BY _rs_a._rs_id ASC) AS _rs_for
    FROM (SELECT *, unnest(_rs_apart) AS _rs_id FROM _rs_asked) AS _rs_a
    JOIN $vectors AS _rs_v ON _rs_v.$key = _rs_a._rs_id AND _rs_v.space = _rs_a._rs_space
    GROUP BY _rs_a._rs_of, _rs_a._rs_k, _rs_a._rs_space, _rs_a._rs_apart
),
_rs_questions AS (
    SELECT _rs_of AS _rs_number, _rs_k, _rs_space, _rs_apart, $mean AS _rs_vector
    FROM (SELECT *, CAST([] AS DOUBLE[][]) AS _rs_against FROM _rs_sides) AS _rs_s
),
$ranking

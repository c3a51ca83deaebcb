-- The items nearest to any vector of a space.
--
-- A vector of unit length (to the rounding of a FLOAT) is taken as it is, so that an item's own stored vector
-- gives the scores that the item itself would; any other vector is brought to unit length first.
WITH
_rs_args AS (
    SELECT
        CAST(vector AS DOUBLE[]) AS _rs_given,
        $whole_k AS _rs_k,
        CAST(space AS VARCHAR) AS _rs_space$args_of_ranked
),
_rs_measured AS (
    SELECT
        *,
        list_filter(_rs_known, lambda _rs_s: _rs_s.space = _rs_space)[1].dimensions AS _rs_dimensions,
        list_sum(list_transform(_rs_given, lambda _rs_x: _rs_x * _rs_x)) AS _rs_square
    FROM _rs_args, (
        SELECT
            coalesce(list({'space': _rs_s.space, 'dimensions': _rs_s.dimensions} ORDER BY _rs_s.space ASC), []) AS _rs_known
        FROM $spaces AS _rs_s WHERE _rs_s.catalog = $catalog
    ) AS _rs_spaces_of_catalog
),
_rs_asked AS (
    SELECT
        _rs_k, _rs_space$kept_of_ranked,
        CASE
            WHEN _rs_dimensions IS NULL THEN CAST(error('$function: there is no space '
                || coalesce('''' || _rs_space || '''', 'NULL') || '; space must be one of: '
                || coalesce(nullif(array_to_string(list_transform(_rs_known, lambda _rs_s: _rs_s.space), ', '), ''),
                    'none is there')) AS DOUBLE[])
            WHEN _rs_given IS NULL THEN NULL
            WHEN len(_rs_given) <> _rs_dimensions THEN CAST(error('$function: space ''' || _rs_space || ''' takes '
                || 'vectors of ' || CAST(_rs_dimensions AS VARCHAR) || ' numbers, not '
                || CAST(len(_rs_given) AS VARCHAR)) AS DOUBLE[])
            WHEN _rs_square IS NULL OR len(list_filter(_rs_given, lambda _rs_x: _rs_x IS NULL)) > 0
                OR NOT isfinite(_rs_square) OR _rs_square = 0
            THEN CAST(error('$function: the vector must hold finite numbers, at least one of them not 0, and be of a length '
                || 'from 1e-150 to 1e150') AS DOUBLE[])
            WHEN abs(_rs_square - 1) < 1e-6 THEN _rs_given
            ELSE list_transform(_rs_given, lambda _rs_x: _rs_x / sqrt(_rs_square))
        END AS _rs_vector
    FROM _rs_measured
),
$answering
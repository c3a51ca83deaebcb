    UNION ALL
    SELECT $kept, _rs_${name}_is_number, $role, unnest(_rs_$name) FROM $arguments

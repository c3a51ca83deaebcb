transform($list, _rs_x -> named_struct('role', $role, 'is_number', coalesce(schema_of_variant($given) RLIKE $is_number_type, false), 'text', _rs_x))

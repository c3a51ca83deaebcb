transform($list, _rs_x -> named_struct('role', $role, 'text', _rs_x))

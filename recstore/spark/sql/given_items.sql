CASE WHEN $is_list THEN split(substring($given, 2, length($given) - 2), ', ') ELSE array($given) END

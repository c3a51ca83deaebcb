-- The columns of one table, in order.
(SELECT $table, cid, name, type, "notnull", dflt_value FROM pragma_table_info($name) ORDER BY cid)

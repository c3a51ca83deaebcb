SELECT $name AS "table", count(*) AS "rows", $comment AS holds FROM rec_store.main.$table

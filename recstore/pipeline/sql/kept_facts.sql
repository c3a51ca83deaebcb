-- Facts that someone else wrote down.
INSERT INTO store_info BY NAME
SELECT * FROM $old.main.store_info WHERE key NOT IN (SELECT key FROM store_info);

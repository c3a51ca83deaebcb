INSERT INTO $weights SELECT id, towards, taste, next, false FROM weights_to_insert;

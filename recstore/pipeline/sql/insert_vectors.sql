INSERT INTO $vectors SELECT $$space, id, CAST(vector AS FLOAT[]) FROM vectors_to_insert;

INSERT INTO audio_landmarks SELECT landmark, $kind, $width, CAST(vector AS FLOAT[]) FROM rows_to_insert;

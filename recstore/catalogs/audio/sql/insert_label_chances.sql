INSERT INTO audio_label_weights
SELECT label_id, 'probability', NULL, bias, CAST(weights AS FLOAT[]) FROM rows_to_insert;

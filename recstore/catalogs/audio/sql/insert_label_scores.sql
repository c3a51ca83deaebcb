INSERT INTO audio_label_weights SELECT label_id, 'score', place, bias, CAST(weights AS FLOAT[]) FROM rows_to_insert;

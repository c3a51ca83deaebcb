INSERT INTO audio_predictions SELECT clip_id, label_id, probability FROM rows_to_insert;

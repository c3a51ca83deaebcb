SELECT label_id, mid, name, is_music FROM audio_labels ORDER BY label_id

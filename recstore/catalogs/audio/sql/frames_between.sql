SELECT clip_id, frames FROM audio_frames WHERE clip_id BETWEEN $first AND $last;

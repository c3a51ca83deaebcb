-- The clips that the labels were not learnt from.
SELECT clip_id FROM audio_clips SEMI JOIN audio_frames USING (clip_id) WHERE split <> $split ORDER BY clip_id;

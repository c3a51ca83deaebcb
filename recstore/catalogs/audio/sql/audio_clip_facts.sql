-- The clips in the order of their ids: which video each is of, numbered from 0, whether it is of the split named, and
-- whether anything can be learnt from it.
SELECT
    clip_id, CAST(dense_rank() OVER (ORDER BY video_id) - 1 AS INTEGER) AS video,
    $split = '' OR split = $split AS is_of_split, is_of_split AND len(labels) > 0 AS is_teacher
FROM audio_clips SEMI JOIN audio_frames USING (clip_id)
ORDER BY clip_id;

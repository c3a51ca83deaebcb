INSERT INTO staged_clips
SELECT nextval('staged_n'), decode(video_id), start_seconds, end_seconds, label_ids, split FROM clips_to_stage

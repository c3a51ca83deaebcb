-- The clips that were kept, in the order in which they came: n counts from 1.
CREATE OR REPLACE TEMP TABLE staged_clips (
    n BIGINT, video_id VARCHAR, start_seconds FLOAT, end_seconds FLOAT, label_ids INTEGER[], split VARCHAR
);
CREATE OR REPLACE TEMP SEQUENCE staged_n;

-- What the builds that are in the file were told, the latest last.
SELECT configuration FROM $old.main.builds ORDER BY built_at, build_id;

-- What the store in the making took over from the old one, if there is one, of the files that were read.
SELECT value FROM query_table($table) WHERE key = 'audio_files'

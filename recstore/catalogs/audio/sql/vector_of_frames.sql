SELECT vector FROM audio_vector($frames, space := $space)

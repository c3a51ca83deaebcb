"""Sound files in AudioSet's space: decoding, the log-mel front end, VGGish, its weights, and ten seconds as bytes."""

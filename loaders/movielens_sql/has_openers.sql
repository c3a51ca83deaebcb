SELECT EXISTS (FROM lines WHERE contains(text, '"') AND regexp_full_match(text, $opening))

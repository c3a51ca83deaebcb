SELECT count(*), coalesce(sum(breaks), 0), (SELECT count(*) FROM lines WHERE text = '') FROM judged

-- Where a quote that is out of place ran on over the lines after it.
SELECT record FROM unparsed_records WHERE reason = 'a quote is out of place' AND (breaks > 0 OR len(raw) >= 10000)
ORDER BY record LIMIT 1

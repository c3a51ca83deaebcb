-- The known terms that late items have, in order.
SELECT component FROM $terms WHERE term IN (SELECT term FROM terms_of_items) ORDER BY term ASC

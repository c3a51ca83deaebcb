INSERT INTO store_info SELECT unnest($keys), unnest($values);

-- The items as they will be kept, in the order of their source.
CREATE OR REPLACE TABLE gathered.shaped_items AS
SELECT $select, _rs_line FROM $source;

CREATE OR REPLACE FUNCTION $target$name($parameters)
RETURNS TABLE($returned)
COMMENT $about
RETURN
$body

CREATE MACRO $name($parameters) AS $function($parameters);

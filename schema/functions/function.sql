CREATE MACRO $name$overloads;
COMMENT ON MACRO TABLE $name IS $comment;

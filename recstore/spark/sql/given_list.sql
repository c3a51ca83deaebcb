coalesce($given, CAST(array() AS ARRAY<STRING>))

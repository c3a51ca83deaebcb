-- What `recstore check` asks, as far as SQL can say it; each row is one thing that must hold.
CREATE VIEW store_health AS
$checks;
COMMENT ON VIEW store_health IS 'What must hold in a sound store: one row each, with the number of faults and an example';
COMMENT ON COLUMN store_health."check" IS 'What is checked';
COMMENT ON COLUMN store_health.is_sound IS 'Whether it holds';
COMMENT ON COLUMN store_health.faults IS 'How often it does not';
COMMENT ON COLUMN store_health.example IS 'One of the faults; NULL where there is none';
COMMENT ON COLUMN store_health.means IS 'What must hold, in words';

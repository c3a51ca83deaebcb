-- What `recstore check` asks, as far as SQL can say it; each row is one thing that must hold.
CREATE VIEW ${target}store_health AS
$checks;
COMMENT ON VIEW ${target}store_health IS 'What must hold in a sound store: one row each, with the number of faults and an example';
COMMENT ON COLUMN ${target}store_health."check" IS 'What is checked';
COMMENT ON COLUMN ${target}store_health.is_sound IS 'Whether it holds';
COMMENT ON COLUMN ${target}store_health.faults IS 'How often it does not';
COMMENT ON COLUMN ${target}store_health.example IS 'One of the faults; NULL where there is none';
COMMENT ON COLUMN ${target}store_health.means IS 'What must hold, in words';

-- Whether any row that was just loaded may be at fault.
SELECT EXISTS (FROM $table WHERE $broken) OR $unknown OR $repeated

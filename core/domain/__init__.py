"""Types and rules. Pure: no I/O, no clock, no SQL, no framework."""

"""The use cases: one function per verb of the procedure; each owns its transaction."""

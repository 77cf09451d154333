"""`yaolu doctor`: is everything there that a serving process needs, and what to do where it is not."""

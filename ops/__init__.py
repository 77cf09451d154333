"""Running Yaolu (运维): set-up, the `yaolu` command, the embedded engines, the demo world."""

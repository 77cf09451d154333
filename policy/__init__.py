"""The rules: pure functions over facts, and dated parameters with their sources."""

"""One city's year (模拟年度): a million settlements by the real rules, and proof that the books add up."""

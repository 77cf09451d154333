"""Proving that the audit entries are those that were written (审计核验)."""

"""The background: identity checks, expiry, retention, reconciliation, monitors."""

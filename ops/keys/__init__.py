"""Changing keys while the house is running (密钥轮换)."""

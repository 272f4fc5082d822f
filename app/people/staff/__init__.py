"""Accounts of staff: one administrator asks, another confirms, everybody concerned is told (S-12)."""

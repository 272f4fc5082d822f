"""Destinations: ways after graduation without an agreement, described by tables (DST-01…06)."""

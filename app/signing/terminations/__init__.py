"""Undoing a placement: by agreement, one-sided on evidence, or by force (TRM, AGR-09)."""

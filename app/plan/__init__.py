"""The employment plan: rows with provenance."""

"""The figures: rates with their formula, the flow of work; no ranking by rate (RPT-01…05)."""

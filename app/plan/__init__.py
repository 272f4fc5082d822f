"""The employment plan: its rows, years, files, checks and figures."""

"""Papers: what the worker makes for somebody who asked; kept for that person only, a week long."""

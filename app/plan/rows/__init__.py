"""The rows of the employment plan (就业方案), with the source of each value."""

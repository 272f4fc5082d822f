"""签约管理: the review desk of college and school over all kinds of placement and their terminations."""

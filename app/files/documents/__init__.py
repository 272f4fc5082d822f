"""Documents: agreements and letters as PDF, their numbers and codes, and uploaded files."""

"""Paper signings: the student's entry, the stamped sheet, the employer's one-time link (OFF-01…07)."""

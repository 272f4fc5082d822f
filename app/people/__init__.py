"""People: schools, students and employers, and what becomes of their records."""

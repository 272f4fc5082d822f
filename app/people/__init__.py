"""Schools, colleges, majors, students, employers; qualification review."""

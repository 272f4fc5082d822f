"""Students: origin record, first sign-in, restrictions, ways in, files."""

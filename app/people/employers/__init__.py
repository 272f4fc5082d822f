"""Employers: registration, qualification review, profile, register, files."""

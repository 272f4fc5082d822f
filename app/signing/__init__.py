"""Signing: from the invitation to the agreement in force, its end, and the desk where the school decides."""

"""不属实: a student reports a signing or an invitation as untrue; the school answers (INV-20)."""

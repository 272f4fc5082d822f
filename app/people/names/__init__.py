"""What a record was called before, and which number led to it."""

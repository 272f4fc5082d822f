"""What the parties agree on: immutable versions, declared fields."""

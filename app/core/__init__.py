"""The ground floor: knows nothing of the domain."""

"""A school's plan of a year: its state, its snapshots, its official export."""

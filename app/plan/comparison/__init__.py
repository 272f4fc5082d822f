"""Plan files brought in: compared with the plan row by row, what to take chosen side by side (PLN-05)."""

"""The engine of all rules: steps, guards, effects, the process trace."""

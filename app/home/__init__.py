"""The start page of every role: what waits, the one next step."""

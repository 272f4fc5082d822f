"""Mutated requests over every route and role: 0 × 5xx (S-17, S-19). `python -m tests.attack` or `make attack`.

`pages` reads the forms of the real pages, `shots` bends them, `server` sends them to a running
installation and measures; `test_attack` is the small edition in the test suite.
"""

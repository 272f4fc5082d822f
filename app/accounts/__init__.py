"""Accounts, sign-in, one-time codes, and who is asking."""

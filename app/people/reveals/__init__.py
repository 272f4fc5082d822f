"""Whole phones and numbers of identity, one at a time, for a purpose that is kept (ADM-10)."""

"""Agreements, numbers, attachments."""

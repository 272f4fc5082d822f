"""The trail that cannot be cut: keyed marks, seals over all records, daily roots, the verifier (TRU-05)."""

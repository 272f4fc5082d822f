"""Errors found before the ministry finds them: rules, findings, worklist (CHK-01, CHK-02)."""

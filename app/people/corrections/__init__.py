"""Corrections of the origin record that students propose and the school decides (ADM-09)."""

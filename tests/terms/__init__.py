"""Tests of the terms that parties agree on."""

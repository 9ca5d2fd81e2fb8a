"""Experiments over features: tables in a run folder."""

"""Twins tuned by hand beside the untouched ones: short trainings, and a comparison that is fair."""

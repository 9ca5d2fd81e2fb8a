"""The dashboard of a PC space."""

"""The live view of tuned twins."""

"""Named analyses that compose the parts: published systems, complete."""

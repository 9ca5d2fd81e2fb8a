"""What a run would have seen: synthetic defects in copies of its own images."""

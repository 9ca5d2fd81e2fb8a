"""A finished window embedding, opened to be looked at."""

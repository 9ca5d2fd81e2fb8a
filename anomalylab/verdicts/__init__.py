"""From scores to decisions: the bulk, thresholds, the words of a verdict."""

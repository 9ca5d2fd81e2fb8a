"""What may be deleted and is made again: the feature cache, finished blocks, spills."""

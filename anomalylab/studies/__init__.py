"""Experiments over many choices of training images, and what they show."""

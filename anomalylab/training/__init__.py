"""Training: one loop for everything that learns, and the losses and networks that use it."""

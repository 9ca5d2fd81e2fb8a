"""A convolutional auto-encoder, whole: what it gives back, at which threshold, with which latent.

Source: "Anomaly Detection with Auto-Encoders" (2021), a public article on MVTec hazelnut.
"""

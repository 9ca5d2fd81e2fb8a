"""Convolutional auto-encoders: what passes through a narrow bottleneck cannot be all of an image.

:mod:`~anomalylab.training.autoencoder.architectures` and
:mod:`~anomalylab.training.autoencoder.augment` load no torch; the other modules do.
"""

"""What tells arrays apart, so that a training is found again."""

import hashlib

import numpy as np


def digest_of_images(images: np.ndarray) -> str:
    """Return a digest of the content of an array, read image by image."""
    digest = hashlib.blake2b(f"{images.dtype} {images.shape}".encode(), digest_size=16)
    for image in images:
        digest.update(np.ascontiguousarray(image).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()

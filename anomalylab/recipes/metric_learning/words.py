"""What losses are called in sentences."""

NAMES = {
    "conventional": "conventional softmax",
    "l2_constrained": "L2-constrained softmax",
    "arcface": "ArcFace",
    "cosface": "CosFace",
    "sphereface": "SphereFace",
    "center": "center loss",
}


def loss_name(loss: str) -> str:
    """Return the name of a loss for readers.

    Examples
    --------
    >>> loss_name("l2_constrained"), loss_name("my_own")
    ('L2-constrained softmax', 'my own')
    """
    return NAMES.get(loss, loss.replace("_", " "))

"""What the part that learns from labels says where it cannot."""

from anomalylab.recipes.pc_space.opened import PCSpace


def supervised_reason(pc: PCSpace) -> str:
    """Return why there is no classifier, in a sentence without a full stop; empty if there is one.

    Parameters
    ----------
    pc : PCSpace
    """
    if pc.coefficients is not None:
        return ""
    stated = pc.run.info.get("supervised", {}).get("reason", "")
    return stated or "the odds need normal and anomalous training images with labels"

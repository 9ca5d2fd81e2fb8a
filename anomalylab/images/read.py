"""Images as arrays: one intensity rule, three channels, any size.

An image is read as uint8 RGB whatever its file holds; grey is repeated, alpha is laid over white
(as a viewer shows it), EXIF rotation is applied. The intensity rule says which values of the file
become 0 and 255:

``"full"``
    The whole range of the file's type: 0 to 255, 0 to 65535, or 0 to 1 for floats.
``"range:LO,HI"``
    ``LO`` and ``HI``, in the file's own units; values beyond are clipped. A camera of 12 bits that
    writes 16-bit files needs ``"range:0,4095"``: under ``"full"`` they would be nearly black.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.Image import Resampling

from anomalylab.errors import ImageError, ParameterError
from anomalylab.images.files import decode_values, read_resized, read_values
from anomalylab.registry import unknown_name

_METHODS = {"bilinear": Resampling.BILINEAR, "area": Resampling.BOX}


def read_image(
    path: Path,
    *,
    intensity: str = "full",
    size: tuple[int, int] | None = None,
    method: str = "bilinear",
) -> np.ndarray:
    """Read an image of any supported kind as 8-bit RGB.

    Parameters
    ----------
    path : Path
        PNG, JPEG, BMP, WebP or TIFF; grey, RGB, with alpha, palette or CMYK; 8-bit, 16-bit, float.
    intensity : str
        ``"full"`` or ``"range:LO,HI"``, see the module.
    size : (height, width), optional
        Resize to this size; the same as :func:`resize` afterwards, but without a copy between.
    method : {"bilinear", "area"}
        See :func:`resize`.

    Returns
    -------
    image : uint8 ndarray of shape (height, width, 3)

    Raises
    ------
    ImageError
        If the file cannot be used; see :func:`anomalylab.images.files.read_values`.
    ParameterError
        If the rule is not understood, or is ``"full"`` and floats lie outside 0 to 1.
    """
    limits = parse_intensity(intensity)
    if size is None:
        return _as_rgb(read_values(path), limits, path)
    resample = _resample(method)
    values = read_resized(path, size, resample) if limits is None else None
    if values is not None:
        return _as_rgb(values, limits, path)
    return resize(_as_rgb(read_values(path), limits, path), size, method=method)


def decode_image(content: bytes, path: Path, *, intensity: str = "full") -> np.ndarray:
    """Decode the bytes of a file that is read already, as :func:`read_image` does at full size.

    Parameters
    ----------
    content : bytes
        From :func:`anomalylab.images.files.read_bytes`.
    path : Path
        Named in messages.
    intensity : str
        See :func:`read_image`.

    Returns
    -------
    image : uint8 ndarray of shape (height, width, 3)

    Raises
    ------
    ImageError, ParameterError
        As :func:`read_image`.
    """
    limits = parse_intensity(intensity)
    return _as_rgb(decode_values(content, path), limits, path)


def resize(image: np.ndarray, size: tuple[int, int], *, method: str = "bilinear") -> np.ndarray:
    """Resize an image without aliasing.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3) or (height, width)
    size : (height, width)
    method : {"bilinear", "area"}
        ``bilinear`` weighs the pixels under a new one by a triangle, ``area`` all the same.

    Returns
    -------
    resized : uint8 ndarray of shape (*size, 3) or size
    """
    resample = _resample(method)
    if image.shape[:2] == tuple(size):
        return image
    height, width = size
    return np.array(Image.fromarray(image).resize((width, height), resample))


def _resample(method: str) -> Resampling:
    if method not in _METHODS:
        unknown_name("resize method", method, _METHODS)
    return _METHODS[method]


def parse_size(text: str) -> int | tuple[int, int]:
    """Read a size in pixels: one side as ``"224"``, or height x width as ``"256x512"``.

    Raises
    ------
    ParameterError
        If the text is neither, or a side is 0.

    Examples
    --------
    >>> parse_size("224"), parse_size("256x512")
    (224, (256, 512))
    """
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isdecimal() and int(side) for side in sides):
        raise ParameterError(f"a size is N or HxW in pixels, e.g. 224 or 256x512, not {text!r}")
    return int(sides[0]) if len(sides) == 1 else (int(sides[0]), int(sides[1]))


def parse_intensity(rule: str) -> tuple[float, float] | None:
    """Read an intensity rule into the values that become 0 and 255; None for ``"full"``.

    Raises
    ------
    ParameterError
        If it is neither ``"full"`` nor ``"range:LO,HI"`` with LO below HI.

    Examples
    --------
    >>> parse_intensity("range:0,4095")
    (0.0, 4095.0)
    """
    if rule == "full":
        return None
    try:
        low, high = (float(number) for number in rule.removeprefix("range:").split(","))
    except ValueError:
        low = high = 0.0
    if not (rule.startswith("range:") and -np.inf < low < high < np.inf):
        raise ParameterError(
            f"intensity must be 'full' or 'range:LO,HI' with LO below HI, not {rule!r}"
        )
    return low, high


def hash_of(content: bytes) -> str:
    """Return 32 hexadecimal digits (BLAKE2b) of bytes, as :func:`content_hash` of their file."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def content_hash(path: Path) -> str:
    """Return 32 hexadecimal digits (BLAKE2b) of the bytes of a file."""
    with open(path, "rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16))
    return digest.hexdigest()


def to_uint8(
    values: np.ndarray, limits: tuple[float, float] | None, path: Path | str
) -> np.ndarray:
    """Map values to 0..255, rounded; ``limits`` as of :func:`parse_intensity`.

    Parameters
    ----------
    values : ndarray
        Of any number type.
    limits : (low, high) or None
        What becomes 0 and 255; the whole range of the type if None, 0 to 1 for floats.
    path : Path or str
        Named in messages.

    Returns
    -------
    scaled : uint8 ndarray of the shape of ``values``

    Raises
    ------
    ImageError
        If a value is NaN or infinite.
    ParameterError
        If ``limits`` is None and floats lie outside 0 to 1.
    """
    if values.dtype in (np.uint8, np.uint16):
        return _table(values.dtype.name, limits)[values]
    if values.dtype.kind == "f":
        _check_floats(values, limits, path)
        low, high = limits or (0.0, 1.0)
    else:
        info = np.iinfo(values.dtype)
        low, high = limits or (info.min, info.max)
    return _scale(values, low, high)


@lru_cache(maxsize=8)
def _table(dtype: str, limits: tuple[float, float] | None) -> np.ndarray:
    every_value = np.arange(np.iinfo(dtype).max + 1)
    low, high = limits or (0, every_value[-1])
    return _scale(every_value, low, high)


def _scale(values: np.ndarray, low: float, high: float) -> np.ndarray:
    shares = (values.astype(np.float64) - low) / (high - low)
    return np.rint(shares.clip(0, 1) * 255).astype(np.uint8)


def _check_floats(values: np.ndarray, limits: tuple[float, float] | None, path: Path | str) -> None:
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(high - low):
        raise ImageError(path, "holds NaN or infinite values")
    if limits is None and (low < 0 or high > 1):
        raise ParameterError(
            f"{str(path)!r} holds floats from {low:.4g} to {high:.4g}, intensity 'full' expects 0 "
            "to 1; give the range that all images share, as in 'range:0,4095'"
        )


def _over_white(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    if alpha.min() == 255:
        return colour
    share = alpha.astype(np.float32) / 255
    return np.rint(255 - (255 - colour.astype(np.float32)) * share).astype(np.uint8)


def _as_rgb(values: np.ndarray, limits: tuple[float, float] | None, path: Path) -> np.ndarray:
    if values.dtype == np.uint8 and limits is None and values.shape[2] == 3:
        return values
    n_colours = 3 if values.shape[2] > 2 else 1
    colour = to_uint8(values[..., :n_colours], limits, path)
    if values.shape[2] > n_colours:
        colour = _over_white(colour, to_uint8(values[..., n_colours:], None, path))
    return np.repeat(colour, 3, axis=2) if n_colours == 1 else colour

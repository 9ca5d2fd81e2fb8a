"""Pictures and arrays as files and as text: PNG, WebP, JPEG, base64, URLs that need no request."""

import base64
import io

import numpy as np
from PIL import Image

from anomalylab.errors import ParameterError

_KINDS = {b"\x89PN": "png", b"RIF": "webp", b"\xff\xd8\xff": "jpeg"}


def png(pixels: np.ndarray, level: int = 6) -> bytes:
    """Write pixels as PNG, without loss.

    Parameters
    ----------
    pixels : uint8 ndarray of shape (height, width), (height, width, 3) or (height, width, 4)
    level : int in [0, 9]
        Of compression: 1 is fast, 9 is small.
    """
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=level)
    return stream.getvalue()


def indexed_png(rgba: np.ndarray) -> bytes:
    """Write a drawing as a small PNG, with a table of colours where there are at most 256.

    Parameters
    ----------
    rgba : uint8 ndarray of shape (height, width, 4)
    """
    packed = np.ascontiguousarray(rgba, np.uint8).view(np.uint32)[..., 0]
    colours, steps = np.unique(packed, return_inverse=True)
    stream = io.BytesIO()
    if len(colours) > 256:
        Image.fromarray(rgba).save(stream, "PNG", optimize=True)
        return stream.getvalue()
    table = colours[:, None].view(np.uint8)
    picture = Image.fromarray(steps.reshape(packed.shape).astype(np.uint8), "P")
    picture.putpalette(table[:, :3].tobytes())
    picture.save(stream, "PNG", optimize=True, transparency=table[:, 3].tobytes())
    return stream.getvalue()


def webp(pixels: np.ndarray, quality: int, effort: int = 4) -> bytes:
    """Write pixels as WebP, with loss.

    Parameters
    ----------
    pixels : uint8 ndarray of shape (height, width, 3)
    quality : int in [0, 100]
    effort : int in [0, 6]
        1 is fast, 6 is small.
    """
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "WEBP", quality=quality, method=effort)
    return stream.getvalue()


def jpeg(pixels: np.ndarray, quality: int) -> bytes:
    """Write pixels as JPEG, with loss, colours as fine as brightness; a tenth of the time of WebP.

    Parameters
    ----------
    pixels : uint8 ndarray of shape (height, width, 3)
    quality : int in [0, 95]
    """
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality, subsampling=0)
    return stream.getvalue()


def to_base64(data: bytes | np.ndarray) -> str:
    """Write bytes, or the values of an array in their order, as base64.

    Examples
    --------
    >>> to_base64(b"anomaly"), to_base64(np.array([1, 2], np.uint8))
    ('YW5vbWFseQ==', 'AQI=')
    """
    raw = data if isinstance(data, bytes) else np.ascontiguousarray(data).tobytes()
    return base64.b64encode(raw).decode("ascii")


def svg_url(drawing: str) -> str:
    """Return an SVG document as a URL that needs no request."""
    return f"data:image/svg+xml;base64,{to_base64(drawing.encode())}"


def data_url(picture: bytes) -> str:
    """Return a PNG, WebP or JPEG file as a URL that needs no request, told by its first bytes.

    Raises
    ------
    ParameterError
        If it is none of them.
    """
    kind = _KINDS.get(picture[:3])
    if kind is None:
        raise ParameterError(
            f"expected a PNG, WebP or JPEG file, not one that begins {picture[:4]!r}"
        )
    return f"data:image/{kind};base64,{to_base64(picture)}"

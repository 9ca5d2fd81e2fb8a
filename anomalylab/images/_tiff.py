"""TIFF: up to 8 bits by Pillow, which knows every compression; deeper by tifffile."""

import io
import logging
from pathlib import Path
from typing import BinaryIO

import numpy as np
import tifffile

from anomalylab.errors import ImageError
from anomalylab.images._header import (
    ORIENTATION_TAG,
    Header,
    refuse_oversize,
    refuse_several,
    upright,
)
from anomalylab.images._pillow import open_image, pixels_of

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # broken files are told in errors


def read_header(stream: BinaryIO, path: Path) -> Header:
    """Return the header of a TIFF; refuse one that ends too early or holds several images."""
    with tifffile.TiffFile(stream) as file:
        page = _only_page(file, path)
        size = stream.seek(0, io.SEEK_END)
        ends = zip(page.dataoffsets, page.databytecounts, strict=True)
        if any(start + length > size for start, length in ends):
            raise ImageError(path, "cut short: this TIFF file ends before its image does")
        width, height = page.imagewidth, page.imagelength
        orientation = _orientation(page)
        if orientation > 4:
            width, height = height, width
        is_float = page.dtype is not None and page.dtype.kind == "f"
        bits = page.bitspersample
        return Header(width, height, _mode(page), bits, is_float, "TIFF", orientation)


def read_pixels(stream: BinaryIO, path: Path) -> np.ndarray:
    """Return the values (height, width, channels) of a TIFF, upright."""
    with tifffile.TiffFile(stream) as file:
        page = _only_page(file, path)
        if page.bitspersample > 8:
            try:
                return upright(_deep_pixels(page, path), _orientation(page))
            except ValueError as error:
                if "imagecodecs" not in str(error):
                    raise
    image = open_image(stream, "TIFF", path)
    if image.mode in ("RGB", "RGBA") and page.bitspersample > 8:
        raise ImageError(
            path,
            f"{page.bitspersample}-bit colour TIFF with compression "
            f"{tifffile.COMPRESSION(page.compression).name}; "
            "save it without compression or as PNG",
        )
    return pixels_of(image)  # Pillow applies the orientation of a TIFF itself


def _only_page(file: tifffile.TiffFile, path: Path) -> tifffile.TiffPage:
    n_images = len(file.pages)
    if file.is_imagej and file.imagej_metadata:
        n_images = max(n_images, file.imagej_metadata.get("images", 1))
    page = file.pages.first
    refuse_several(path, n_images * page.imagedepth)
    refuse_oversize(path, page.imagewidth, page.imagelength)
    return page


def _orientation(page: tifffile.TiffPage) -> int:
    tag = page.tags.get(ORIENTATION_TAG)
    return 1 if tag is None else int(tag.value)


def _mode(page: tifffile.TiffPage) -> str:
    if page.photometric == tifffile.PHOTOMETRIC.PALETTE:
        return "palette"
    if page.photometric == tifffile.PHOTOMETRIC.SEPARATED:
        return "CMYK"
    is_grey = page.samplesperpixel - len(page.extrasamples) == 1
    if page.extrasamples:
        return "grey with alpha" if is_grey else "RGBA"
    return "grey" if is_grey else "RGB"


def _deep_pixels(page: tifffile.TiffPage, path: Path) -> np.ndarray:
    n_colours = page.samplesperpixel - len(page.extrasamples)
    kind = tifffile.PHOTOMETRIC(page.photometric).name
    if (kind, n_colours) not in {("MINISWHITE", 1), ("MINISBLACK", 1), ("RGB", 3)}:
        raise ImageError(
            path,
            f"{n_colours} channels of kind {kind} and {page.bitspersample} bits; "
            "only grey and RGB are read at this depth",
        )
    values = page.asarray().reshape(page.shaped)[:, 0]  # planes, height, width, channels
    values = np.concatenate(list(values), axis=-1)
    if kind == "MINISWHITE" and values.dtype.kind == "u":
        values = np.iinfo(values.dtype).max - values
    has_alpha = bool(page.extrasamples) and page.extrasamples[0] != 0
    return values[..., : n_colours + has_alpha]

"""The offline explorer of PC space: images and their clouds, linked."""

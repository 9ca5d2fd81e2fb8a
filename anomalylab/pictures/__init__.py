"""Images and maps as pictures: thumbnails, colours, shading, galleries."""

"""Finished runs side by side on the images that all of them judged, as one page."""

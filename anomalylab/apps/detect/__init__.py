"""The dashboard of a run of detectors."""

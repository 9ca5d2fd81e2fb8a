"""A study, live: curves with sliders, and the images behind each point."""

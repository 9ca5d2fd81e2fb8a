"""Deep metric learning for defects: six losses, three experiments, and what networks look at.

Source: "Spotting defects! Deep metric learning solution for MVTec Anomaly Detection Dataset", a
public article of 2019, and the notebooks that it links to.
"""

"""PNI beside PatchCore on the same memory: what position, neighbours and refinement add.

Source: Bae, Lee, Kim (2023). PNI: Industrial Anomaly Detection using Position and Neighborhood
Information. https://arxiv.org/abs/2211.12634
"""

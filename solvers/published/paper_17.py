"""What SI §17.6 prints of its blind split, and of the hash that it names."""

PARTS = {"training": (122, 0.103), "validation": (26, 0.107), "test": (27, 0.109)}
"""Galaxies and scatter of log10 V [dex] of each part."""

CHANGE = 0.058
"""Scatter of the test over scatter of the training − 1, from the rounded numbers."""

SHA256 = "a3f7c2e8"
"""First digits of the hash of a model_spec.json that is not in the repository."""

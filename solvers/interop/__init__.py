"""The Σ background inside other people's tools; import `astropy_cosmology` or `cobaya_theory` by name."""

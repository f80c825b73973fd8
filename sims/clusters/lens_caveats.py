"""What every run that lenses by modelled baryons must say of them (`clusters.md` §2, caveat iii, and §4)."""

BARYON_CAVEAT = (
    "M500 sets R500 and with it all baryons, and is itself a mass from dynamics or lensing. SI §13.1 names the "
    "parts of the baryons without formulas: the profiles of gas, galaxy and intracluster light are a choice."
)
"""M500 is no count of baryons, and their profiles are chosen."""

"""Data sets as likelihoods of an expansion history, one file each; a list of them adds up."""

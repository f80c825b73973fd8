"""Parameters with their priors, best fits, scans and information criteria."""

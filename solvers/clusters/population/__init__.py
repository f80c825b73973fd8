"""A population of strong lenses: one amplitude a cluster, drawn from a common distribution (`clusters.md` §5)."""

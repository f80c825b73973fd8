"""One file per family of questions: take catalogues, call solvers, return one tree."""

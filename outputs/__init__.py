"""The run tree and its HDF5 file, provenance, and what `run.py` and `rerun` share."""

"""Physics and numerics of the suite: pure functions and frozen dataclasses over arrays."""

"""Candidate mechanisms behind the kernel: K of a system, all under the contract of the models of rotation."""

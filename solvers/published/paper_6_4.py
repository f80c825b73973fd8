"""What SI §5A.5 and §6.4.1 print of counter-rotating galaxies in MaNGA, and the later audit of their author."""

N_CASES, N_CONTROLS = 63, 10_038
"""Counter-rotating and normal galaxies."""

F_DM_MEAN = {"counter-rotating": 0.169, "normal": 0.302}
F_DM_MEDIAN = {"counter-rotating": 0.091, "normal": 0.168}
"""Fraction of dark matter inside the effective radius."""

DIFFERENCE, MEDIAN_DIFFERENCE, MATCHED_DIFFERENCE = -0.132, -0.077, -0.072
"""Counter-rotating minus normal: of the means, of the medians, and of the pairs of like mass."""

P_KS, P_MANN_WHITNEY, P_T, P_PAIRED = 0.006, 0.004, 0.001, 0.017
"""Printed p; the last is of the pairs of like mass."""

AUDIT_DIFFERENCE, AUDIT_LOW, AUDIT_HIGH = -0.008, -0.058, 0.045
AUDIT_CASES, AUDIT_CONTROLS, AUDIT_PROPERTIES = 62, 5, 7
"""Matched difference and its 95 % interval of the author's later audit, with controls of each case and properties."""

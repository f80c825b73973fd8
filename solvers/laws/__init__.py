"""Enhancement laws Σ = 1 + A W h(g/g†): one small object that every Σ model of every probe takes."""

from solvers.laws.base import GeometricAmplitude, Law
from solvers.laws.coherence_window import CoherenceWindow
from solvers.laws.critical_acceleration import CriticalAcceleration
from solvers.laws.mond import MondRar, MondSimple, MondStandard
from solvers.laws.sigma import Sigma

__all__ = [
    "CoherenceWindow",
    "CriticalAcceleration",
    "GeometricAmplitude",
    "Law",
    "MondRar",
    "MondSimple",
    "MondStandard",
    "Sigma",
]

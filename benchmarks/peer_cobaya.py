"""Cobaya's own `sn.pantheonplus`, with distances from a theory that is as light as can be.

The likelihood is Cobaya's, on the same files as ours, in a folder laid out as its installer would. The theory
is one matrix product, so that the time is that of Cobaya's likelihood and not of a Boltzmann code.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from cobaya.model import get_model
from cobaya.theory import Theory

from benchmarks.supernovae import A_COS, N_POINTS, NAMES, OMEGA_B, OMEGA_M, sigma_points
from benchmarks.timing import measure, report
from catalogs.files import find, verify
from catalogs.pantheon_plus import COVARIANCE, TABLE
from solvers import friedmann
from solvers.constants import C_KM_S
from solvers.laws import Sigma
from solvers.spectral import ChebyshevInterval

_H0 = 70.0
_LAW = Sigma()


class LightTheory(Theory):
    """Angular diameter distances [Mpc] by one matrix product; subclasses give 1/E."""

    def must_provide(self, **requirements: Any) -> None:
        """Build the integration matrix for the redshifts that the likelihood asks for."""
        if "angular_diameter_distance" in requirements:
            u = np.log1p(requirements["angular_diameter_distance"]["z"])
            interval = ChebyshevInterval(0.0, float(u.max()) * (1.0 + 1e-12), 33)
            self.u, self.one_plus_z = interval.nodes, np.exp(interval.nodes)
            self.matrix = C_KM_S / _H0 * interval.integration_matrix(u) / np.exp(u)[:, np.newaxis]

    def calculate(self, state: dict[str, Any], want_derived: bool = True, **values: float) -> None:
        """Distances of one point."""
        state["distance"] = self.matrix @ (self.one_plus_z / self.efunc(**values))

    def get_angular_diameter_distance(self, z: np.ndarray) -> np.ndarray:
        """Distances at the redshifts that were asked for [Mpc]."""
        return self.current_state["distance"]


class LightLCDM(LightTheory):
    """Flat ΛCDM."""

    params: ClassVar = {"omega_m": None}

    def efunc(self, omega_m: float) -> np.ndarray:
        """E on the nodes."""
        return np.sqrt(omega_m * self.one_plus_z**3 + (1.0 - omega_m))


class LightSigma(LightTheory):
    """Baryons under Σ's law, with our NumPy solver."""

    params: ClassVar = {"omega_b": None, "a_cos": None}

    def efunc(self, omega_b: float, a_cos: float) -> np.ndarray:
        """E on the nodes."""
        return np.exp(friedmann.ln_efunc(self.u, omega_b, a_cos, 0.0, _LAW.g_dagger.kappa(_H0), _LAW))


@contextmanager
def packages_folder() -> Iterator[Path]:
    """A temporary Cobaya packages folder that holds links to the files we found ourselves."""
    with tempfile.TemporaryDirectory() as root:
        data = Path(root) / "data" / "sn_data"
        (data / "PantheonPlus").mkdir(parents=True)
        (data / "version.dat").write_text("1000.0\n", encoding="utf-8")
        for file in (TABLE, COVARIANCE):
            path = find(file).resolve()
            verify(path, file)
            (data / "PantheonPlus" / file.name).symlink_to(path)
        (data / "PantheonPlus" / "config.dataset").write_text(
            f"data_file = PantheonPlus/{TABLE.name}\nmag_covmat_file = PantheonPlus/{COVARIANCE.name}\n",
            encoding="utf-8",
        )
        yield Path(root)


def build(theory: type[LightTheory], ranges: dict[str, tuple[float, float]], packages: Path) -> Any:
    """A Cobaya model of one theory and `sn.pantheonplus`."""
    return get_model(
        {
            "params": {name: {"prior": {"min": low, "max": high}} for name, (low, high) in ranges.items()},
            "likelihood": {"sn.pantheonplus": None},
            "theory": {"light": {"external": theory}},
            "packages_path": str(packages),
            "stop_at_error": True,
        }
    )


def collect() -> dict[str, Any]:
    """Times of the bare likelihood and of whole log-posteriors, and χ² where ours is compared."""
    with packages_folder() as packages:
        lcdm = build(LightLCDM, {"omega_m": (0.01, 0.99)}, packages)
        sigma = build(LightSigma, {"omega_b": (0.001, 1.0), "a_cos": (0.0, 1e7)}, packages)
    assert tuple(sigma.parameterization.sampled_params()) == NAMES
    chi2 = {
        "lcdm": -2.0 * float(lcdm.loglikes([OMEGA_M], return_derived=False)[0]),
        "sigma": -2.0 * float(sigma.loglikes([OMEGA_B, A_COS], return_derived=False)[0]),
    }
    bare = lcdm.likelihood["sn.pantheonplus"]
    lcdm_points = np.linspace(0.2, 0.4, N_POINTS)[:, np.newaxis]

    def posterior(model: Any) -> Callable[[np.ndarray], Any]:
        return lambda point: model.logposterior(point, return_derived=False)

    timings = {
        ("sn.pantheonplus, distances fixed", "none"): measure(lambda _: bare.logp(), [None]),
        ("logposterior, light ΛCDM theory", "ΛCDM"): measure(posterior(lcdm), lcdm_points),
        ("logposterior, light Σ theory", "Σ"): measure(posterior(sigma), sigma_points(N_POINTS)),
    }
    rows = [
        {"who": "cobaya", "what": what, "distances": distances, **timing}
        for (what, distances), timing in timings.items()
    ]
    return {"rows": rows, "n_data": len(bare.mag), "chi2": chi2}


if __name__ == "__main__":
    report(collect)

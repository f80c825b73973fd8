"""Heights of the acoustic peaks in bandpowers: the amplitude of a template between its troughs, times its peak.

Bandpowers are too broad to show a maximum, and a template is smooth: between two troughs it has one free number.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.interpolate import CubicSpline

from solvers.cmb.bandpowers import Bandpowers
from solvers.cmb.peaks import Peaks, find_peaks, find_troughs, peak_ratio_covariance, peak_ratios
from solvers.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class TemplateHeights:
    """Measured heights of peaks. Built by `template_heights`.

    Parameters
    ----------
    ell : ndarray
        Positions of the template's peaks, shape (n,).
    height : ndarray
        Measured heights D_ℓ [μK²], shape (n,).
    covariance : ndarray
        Their covariance [μK⁴], between windows included, shape (n, n).
    amplitude : ndarray
        Heights over those of the template, shape (n,).
    edges : ndarray
        Ends of the windows, shape (n + 1,).
    n_data : ndarray of int
        Bandpowers in each window, shape (n,).
    chi2 : ndarray
        χ² of each window at its amplitude, shape (n,).
    """

    ell: np.ndarray
    height: np.ndarray
    covariance: np.ndarray
    amplitude: np.ndarray
    edges: np.ndarray
    n_data: np.ndarray
    chi2: np.ndarray

    @property
    def height_err(self) -> np.ndarray:
        """Standard deviations of the heights [μK²], shape (n,)."""
        return np.sqrt(np.diagonal(self.covariance))

    @property
    def ratio(self) -> np.ndarray:
        """h_1/h_2, h_3/h_4 and so on, shape (n // 2,)."""
        return peak_ratios(self.height)

    @property
    def ratio_err(self) -> np.ndarray:
        """Standard deviations of the ratios as if windows were independent, shape (n // 2,)."""
        return np.sqrt(np.diagonal(peak_ratio_covariance(self.height, np.diag(np.diagonal(self.covariance)))))

    @property
    def ratio_err_correlated(self) -> np.ndarray:
        """Standard deviations of the ratios with the covariance between windows, shape (n // 2,)."""
        return np.sqrt(np.diagonal(peak_ratio_covariance(self.height, self.covariance)))


def template_heights(
    bandpowers: Bandpowers,
    template_ell,
    template_d_ell,
    *,
    n_peaks: int = 7,
    edges: tuple[float, float] = (100.0, 2200.0),
) -> TemplateHeights:
    """Heights of the peaks of TT by a template's amplitude between adjacent troughs.

    Parameters
    ----------
    bandpowers : Bandpowers
        Data; those of TT count, each in the window that holds its effective multipole.
    template_ell : array_like
        Multipoles >= 2, increasing, shape (k,).
    template_d_ell : array_like
        The template D_ℓ [μK²], shape (k,).
    n_peaks : int
        How many peaks to measure.
    edges : tuple of float
        Where the first window begins and the last one ends, unless a trough of the template is nearer to the peak.

    Returns
    -------
    TemplateHeights

    Raises
    ------
    InvalidInput
        Edges that are not in order, a template with fewer peaks or one that does not reach as far as the bandpowers, or
        no bandpower in a window.
    """
    if not edges[0] < edges[1]:
        raise InvalidInput(f"edges={list(edges)}: must be two multipoles, the lower one first")
    within = {"ell_min": float(edges[0]), "ell_max": float(edges[1])}
    peaks = find_peaks(template_ell, template_d_ell, **within).first(n_peaks)
    ends = _window_edges(peaks, find_troughs(template_ell, template_d_ell, **within))
    windows = [
        np.flatnonzero((bandpowers.spectrum == "TT") & (bandpowers.ell > low) & (bandpowers.ell < high))
        for low, high in zip(ends[:-1], ends[1:], strict=True)
    ]
    for i, rows in enumerate(windows):
        if rows.size == 0:
            raise InvalidInput(f"n_peaks={n_peaks}: no bandpower of TT between {ends[i]:g} and {ends[i + 1]:g}")
    template = _binned(bandpowers, np.concatenate(windows), template_ell, template_d_ell)
    weights, amplitude, chi2 = np.zeros((n_peaks, bandpowers.n_data)), np.empty(n_peaks), np.empty(n_peaks)
    for i, rows in enumerate(windows):
        part = bandpowers.select(rows)
        value, sigma = part.amplitude(template[rows])
        weights[i, rows] = linalg.cho_solve((part.factor, True), template[rows]) * sigma**2
        amplitude[i], chi2[i] = value, part.chi2_free_amplitude(template[rows])
    weights *= peaks.height[:, np.newaxis]
    return TemplateHeights(
        ell=peaks.ell,
        height=amplitude * peaks.height,
        covariance=weights @ bandpowers.covariance @ weights.T,
        amplitude=amplitude,
        edges=ends,
        n_data=np.array([rows.size for rows in windows]),
        chi2=chi2,
    )


def _window_edges(peaks: Peaks, troughs: Peaks) -> np.ndarray:
    """The troughs next to every peak; the outer edges where there is no trough before or after."""
    edges = np.concatenate([[peaks.ell_min], troughs.ell, [peaks.ell_max]])
    first, last = np.searchsorted(edges, peaks.ell[[0, -1]])
    return edges[first - 1 : last + 1]


def _binned(bandpowers: Bandpowers, rows: np.ndarray, template_ell, template_d_ell) -> np.ndarray:
    """The template in bandpowers, shape (n,); those outside `rows` hold what there is of it."""
    ell = np.asarray(template_ell, dtype=float)
    needed = bandpowers.multipole[np.any(bandpowers.window[rows] != 0.0, axis=0)]
    if needed[0] < ell[0] or needed[-1] > ell[-1]:
        do = "; raise lmax" if needed[-1] > ell[-1] else ""
        raise InvalidInput(
            f"template_ell: goes from {ell[0]:g} to {ell[-1]:g}, the bandpowers need {needed[0]} to {needed[-1]}{do}"
        )
    curve = np.zeros(bandpowers.multipole.size)
    inside = (bandpowers.multipole >= ell[0]) & (bandpowers.multipole <= ell[-1])
    curve[inside] = CubicSpline(ell, template_d_ell)(bandpowers.multipole[inside])
    return bandpowers.predict(dict.fromkeys(bandpowers.spectra, curve))

"""getdist's plotter on a figure of ours: no pyplot, no window, the user's backend stays."""

from typing import Any, cast

import matplotlib
import numpy as np
from matplotlib.figure import Figure, SubFigure
from matplotlib.gridspec import GridSpec

# A copy says what was chosen without choosing; getdist chooses Agg where there is no display.
_chosen = matplotlib.rcParams.copy()["backend"]
from getdist.plots import GetDistPlotSettings, GetDistPlotter  # noqa: E402

if isinstance(_chosen, str) and matplotlib.get_backend() != _chosen:
    matplotlib.use(_chosen, force=False)


class Plotter(GetDistPlotter):
    """Draws into a figure that it is given.

    Parameters
    ----------
    canvas : Figure or SubFigure
        With a constrained layout.
    panel_inches : float
        Width of a panel.
    """

    def __init__(self, canvas: Figure | SubFigure, panel_inches: float) -> None:
        self._canvas = canvas
        settings = GetDistPlotSettings(subplot_size_inch=panel_inches)
        settings.rc_sizes()
        settings.scaling = False
        settings.constrained_layout = True
        settings.tight_layout = False
        settings.alpha_filled_add = 0.6
        settings.num_plot_contours = 2
        settings.linewidth = 1.5
        super().__init__(settings=settings)

    def make_figure(
        self,
        nplot: int = 1,
        nx: int | None = None,
        ny: int | None = None,
        xstretch: float = 1.0,
        ystretch: float = 1.0,
        sharex: bool = False,
        sharey: bool = False,
    ) -> tuple[int, int]:
        """Lay out the panels on the given figure (getdist's own version asks pyplot for a new one)."""
        self.new_plot()
        self.plot_col, self.plot_row = self.default_col_row(nplot, nx=nx, ny=ny)
        self._ax_width = self.settings.subplot_size_inch * xstretch
        self.fig = self._canvas
        self.gridspec = GridSpec(nrows=self.plot_row, ncols=self.plot_col, figure=cast(Figure, self.fig))
        self._share_kwargs: dict[str, Any] = {}
        self.subplots: Any = np.full((self.plot_row, self.plot_col), None, dtype=object)
        return self.plot_col, self.plot_row

"""The live table of GWOSC, without a network: what gwosc.org answers is made up, how gwpy reads it is not."""

import json

import numpy as np
import pytest
from gwosc.api import fetch_catalog_json

from catalogs.errors import DataError
from catalogs.event_columns import QUANTITIES
from catalogs.gwtc import SNAPSHOT, Gwtc


def answer_of(gwtc, events, drop=()):
    """What gwosc.org answers, in the shape that gwosc hands to gwpy."""
    answer = {}
    for row in gwtc.rows(events):
        fields = {name: row[name] for name in gwtc.columns if name not in drop}
        fields |= {f"{name}_unit": "M_sun" for name in QUANTITIES if "mass" in name}
        fields |= {"luminosity_distance_unit": "Mpc", "redshift_unit": "", "chi_eff_unit": ""}
        answer[f"{row['commonName']}-v{row['version']}"] = fields
    return {"events": answer}


@pytest.fixture
def online(monkeypatch):
    """A function that puts an answer in the place of gwosc.org."""

    def online(answer):
        def fetch(url, **_):
            assert url.startswith("https://gwosc.org/") and url.strip("/").endswith("/GWTC")
            if isinstance(answer, Exception):
                raise answer
            return answer

        # in the module that defines it, whose place differs between versions
        monkeypatch.setattr(f"{fetch_catalog_json.__module__}.fetch_json", fetch)

    return online


def test_live_table_gives_the_same_events(gwtc, events, online):
    online(answer_of(gwtc, gwtc.events))
    live, file = Gwtc(source="gwosc").load(), gwtc.own(events).load()
    for name in file.data_vars:
        np.testing.assert_array_equal(live[name], file[name])
    assert live.attrs["steps"] == file.attrs["steps"] and live.attrs["missing"] == file.attrs["missing"]
    assert json.loads(live.attrs["cuts"])["source"] == "gwosc"
    assert list(Gwtc(source="gwosc", mass_min=100).table()["commonName"]) == ["GW190521", "GW231123_135430"]


def test_hash_of_the_live_table_is_that_of_its_values(gwtc, online):
    online(answer_of(gwtc, gwtc.events))
    catalog = Gwtc(source="gwosc")
    first = catalog.sha256()
    assert json.loads(catalog.load().attrs["sha256"]) == first != {SNAPSHOT.name: SNAPSHOT.sha256}
    online(answer_of(gwtc, dict(reversed(gwtc.events.items()))))
    assert catalog.sha256() == first
    online(answer_of(gwtc, {**gwtc.events, "GW150914": gwtc.events["GW190521"]}))
    assert catalog.sha256() != first


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (ConnectionError("no route\nto host"), "no table came from gwosc.org .ConnectionError: no route to host.: it"),
        (
            TimeoutError("x" * 900),
            "no table came from gwosc.org .TimeoutError: x+....: it needs a network; without one",
        ),
        (ValueError("Expecting value"), "what came from gwosc.org is no table .ValueError: Expecting value"),
        ({"detail": "gone"}, "what came from gwosc.org is no table .KeyError: 'events'"),
    ],
    ids=["offline", "slow", "no json", "other json"],
)
def test_no_live_table_is_one_line_and_never_the_file(need, online, answer, message):
    need(SNAPSHOT)
    online(answer)
    for ask in (Gwtc(source="gwosc").load, Gwtc(source="gwosc").sha256):
        with pytest.raises(DataError, match=f"^catalog.source='gwosc': {message}") as error:
            ask()
        assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_live_table_without_a_column_is_refused(gwtc, online):
    online(answer_of(gwtc, gwtc.events, drop=["total_mass_source"]))
    with pytest.raises(DataError, match="^GWTC of gwosc.org: no column total_mass_source$"):
        Gwtc(source="gwosc").load()

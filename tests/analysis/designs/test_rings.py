import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from analysis.designs.errors import BadBoundsError, NonFiniteError, TooFewPlacebosError, TreatmentError
from analysis.designs.placebo import placebo_test
from analysis.designs.regression import fit_ols
from analysis.designs.rings import kilometres_to, rings, rings_of, without_near

BANDS = 5
NEIGHBOURS = {str(b): tuple(str(o) for o in (b - 1, b + 1) if 0 <= o < BANDS) for b in range(BANDS)}
BOUNDS = (40, 80)


def _country(seed: int = 2, spill: float = 0.0, noise: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulated: five provinces side by side, 100 km wide each; units within 40 km of the treated one gain `spill`."""
    random = np.random.default_rng(seed)
    n = 400
    x, y = random.uniform(0, 100 * BANDS, n), random.uniform(0, 300, n)
    band = (x // 100).astype(int)
    data = pd.DataFrame(
        {
            "unit": [f"u{k:03d}" for k in range(n)],
            "band": band.astype(str),
            "cluster": [f"{b}-{int(v // 60)}" for b, v in zip(band, y, strict=True)],
            "x1": random.normal(size=n),
            "y": random.normal(size=BANDS)[band] + noise * random.normal(size=n),
        }
    )
    km = pd.DataFrame(
        {str(b): np.maximum(np.maximum(100 * b - x, x - 100 * (b + 1)), 0.0) for b in range(BANDS)}, index=data["unit"]
    )
    data.loc[((km["2"] > 0) & (km["2"] <= BOUNDS[0])).to_numpy(), "y"] += spill
    return data, km


WHERE = {"group": "band", "neighbours": NEIGHBOURS, "cluster": "cluster", "unit": "unit"}


def test_known_spillover_is_found_in_its_ring() -> None:
    data, km = _country(spill=3.0, noise=0.0)
    found = rings(data, ["y"], km, "2", bounds=BOUNDS, **WHERE)["y"]
    assert found["0_40"].estimate == pytest.approx(3.0)
    assert found["40_80"].estimate == pytest.approx(0.0, abs=1e-9)
    assert found["0_40"].treated.shift == pytest.approx(1.0)
    # All that other groups show is the same spillover, seen from their side.
    for placement in found["0_40"].placebos:
        assert placement.estimate == pytest.approx(3.0 * placement.shift, abs=1e-9)


def test_no_spillover_no_finding() -> None:
    data, km = _country(seed=5)
    found = rings(data, ["y"], km, "2", bounds=BOUNDS, **WHERE)["y"]
    assert found["0_40"].p_value > 0.3
    assert len(found["0_40"].placebos) == BANDS - 1


def test_estimate_and_error_are_those_of_indicators() -> None:
    data, km = _country(spill=1.0)
    found = rings(data, ["y"], km, "2", bounds=BOUNDS, **WHERE)["y"]
    here = data[data["band"].isin(["1", "3"])].assign(km=lambda d: km.loc[d["unit"], "2"].to_numpy())
    here = here.assign(
        near=(here["km"] <= 40).astype(float),
        middle=((here["km"] > 40) & (here["km"] <= 80)).astype(float),
        east=(here["band"] == "3").astype(float),
    )
    fit = fit_ols(here, "y", "near", ["middle", "east"], cluster="cluster", unit="unit")
    for ring, name in (("0_40", "near"), ("40_80", "middle")):
        assert found[ring].estimate == pytest.approx(fit.coefficients[name].estimate, abs=1e-10)
        assert found[ring].treated.standard_error == pytest.approx(fit.coefficients[name].standard_error, abs=1e-10)
    assert found["0_40"].treated.treated_units == int(here["near"].sum())


def test_shift_is_what_a_rise_in_the_ring_does_to_a_placebo() -> None:
    data, km = _country()
    before = {p.group: p for p in rings(data, ["y"], km, "2", bounds=BOUNDS, **WHERE)["y"]["0_40"].placebos}
    inside = ((km["2"] > 0) & (km["2"] <= 40)).to_numpy()
    raised = data.assign(y=data["y"] + inside)
    after = {p.group: p for p in rings(raised, ["y"], km, "2", bounds=BOUNDS, **WHERE)["y"]["0_40"].placebos}
    for group, placement in before.items():
        assert after[group].estimate - placement.estimate == pytest.approx(placement.shift, abs=1e-9)


def test_groups_with_one_cluster_do_no_harm() -> None:
    data, km = _country()
    data.loc[data["band"] == "4", "cluster"] = "4-0"
    found = rings(data, ["y"], km, "2", bounds=BOUNDS, **WHERE)["y"]["0_40"]
    # Around band 3 the units of band 4 are one cluster of its two neighbours' many.
    assert "3" in {p.group for p in found.placebos}
    assert all(np.isfinite(p.standard_error) for p in found.placebos)


def test_rings_refuse() -> None:
    data, km = _country()
    with pytest.raises(TreatmentError, match="a ring, or the ground beyond 99 km"):
        rings(data, ["y"], km, "2", bounds=(50, 99), smallest_ring=20, **WHERE)
    with pytest.raises(BadBoundsError, match="rise"):
        rings(data, ["y"], km, "2", bounds=(80, 40), **WHERE)
    with pytest.raises(TreatmentError, match="no column in the table of distances"):
        rings(data, ["y"], km.drop(columns="2"), "2", bounds=BOUNDS, **WHERE)
    lost = data.loc[data["band"] == "1", "unit"].iloc[0]
    with pytest.raises(NonFiniteError, match=f"unit {lost} has no distance to group '2'"):
        rings(data, ["y"], km.drop(index=lost), "2", bounds=BOUNDS, **WHERE)
    with pytest.raises(NonFiniteError, match="u009"):
        rings(data.assign(y=data["y"].mask(data["unit"] == "u009")), ["y"], km, "2", bounds=BOUNDS, **WHERE)
    two = data[data["band"].isin(["2", "3"])]
    with pytest.raises(TooFewPlacebosError, match="1 placebo group"):
        rings(two, ["y"], km, "2", bounds=BOUNDS, **WHERE)


def test_bounds_make_rings() -> None:
    assert [r.name for r in rings_of((50, 100))] == ["0_50", "50_100"]
    with pytest.raises(BadBoundsError):
        rings_of(())


def test_without_near_is_the_placebo_test_on_what_is_left() -> None:
    data, km = _country(spill=2.0)
    found = without_near(data, ["y"], km, "2", farther_than=40, controls=["x1"], **WHERE)["y"]
    far = (data["band"] == "2") | (data["band"].isin(["1", "3"]) & (km["2"] > 40).to_numpy())
    by_hand = placebo_test(
        pd.concat([data[far], data[data["band"].isin(["0", "4"])]]), ["y"], "2", controls=["x1"], **WHERE
    )["y"]
    assert found.estimate == pytest.approx(by_hand.estimate, abs=1e-10)
    assert found.treated.standard_error == pytest.approx(by_hand.treated.standard_error, abs=1e-10)
    assert found.treated.shift == pytest.approx(1.0)
    shifts = {p.group: p.shift for p in found.placebos}
    assert shifts["0"] == pytest.approx(0.0)
    assert shifts["1"] < -0.2


def test_without_near_refuses_to_leave_too_few() -> None:
    data, km = _country()
    with pytest.raises(TreatmentError, match="0 units lie farther than 100 km from '2'"):
        without_near(data, ["y"], km, "2", farther_than=100, **WHERE)


def test_kilometres_to_a_point_and_a_square() -> None:
    data = pd.DataFrame({"unit": ["a", "b"], "latitude": [34.0, 35.0], "longitude": [113.0, 114.5]})
    where = {"unit": "unit", "latitude": "latitude", "longitude": "longitude"}
    lat, lon, at = np.radians([34.0, 35.0]), np.radians([113.0, 114.5]), np.radians([113.8, 34.6])
    angle = np.arccos(np.sin(lat) * np.sin(at[1]) + np.cos(lat) * np.cos(at[1]) * np.cos(lon - at[0]))
    assert kilometres_to(data, Point(113.8, 34.6), **where) == pytest.approx(6371.01 * angle, rel=0.01)
    assert kilometres_to(data, box(112, 33, 114, 34.5), **where)[0] == 0.0
    with pytest.raises(NonFiniteError, match="b"):
        kilometres_to(data.assign(latitude=[34.0, np.nan]), Point(0, 0), **where)

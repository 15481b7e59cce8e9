"""What the data chapter counts of cities and prefectures."""

from analysis.data.tables import load_city_roads, load_prefecture_exceptions
from analysis.present.numbers import Shown, quantity


def road_cities(province: str | None = None) -> Shown:
    """How many county-level cities have road areas, in all or in a province (two digits)."""
    units = load_city_roads(flagged=True)["unit_id"].drop_duplicates()
    return quantity(len(units) if province is None else int((units.str[:2] == province).sum()))


def interpolated() -> Shown:
    """How many figures of the accounts were found to be interpolated, and left out."""
    found = load_prefecture_exceptions()
    return quantity(int((found["kind"] == "interpolated").sum()), "figures")

"""The files on cities and prefectures: which column holds what, and reading them with every header checked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data.read.workbooks import Layout
from analysis.data.upstream import UpstreamError

# The column after `road_area` is its copy with gaps filled by linear interpolation; it is not read.
CITY_ROADS = Layout(
    2023,
    "地级市+县级市",
    {
        "year": (0, "年份"),
        "province": (1, "省份"),
        "name": (3, "城市"),
        "code": (4, "城市代码"),
        "road_area": (5, "人均道路面积（平方米）"),
    },
)


@dataclass(frozen=True)
class Fields:
    """A file with one header row: for each of our columns its header, and which of ours hold text."""

    columns: dict[str, str]
    texts: tuple[str, ...]


# By source identifier.
FIELDS = {
    "municipal_facilities": Fields(
        {
            "code": "city_code",
            "name": "city_name_yb",
            "year": "year",
            **{
                name: name
                for name in (
                    "water_supply_rate",
                    "gas_supply_rate",
                    "drainage_density",
                    "sewage_rate",
                    "sewage_plant_rate",
                    "road_pc",
                    "park_green_pc",
                    "greening_cover_rate",
                    "greenspace_rate",
                )
            },
        },
        ("code", "name"),
    ),
    "prefecture_panel": Fields(
        {
            "code": "city_code",
            "name": "city",
            "year": "year",
            "gdp": "gdp_100m",
            "gdp_primary": "gdp_primary_100m",
            "gdp_secondary": "gdp_secondary_100m",
            "gdp_tertiary": "gdp_tertiary_100m",
            "revenue": "fiscal_revenue_100m",
            "expenditure": "fiscal_expenditure_100m",
            "fixed_investment": "fai_100m",
            "fixed_investment_imputed": "fai_imputed",
            "gov_bonds": "gov_bond_balance",
            "lgfv_bonds": "lgfv_bond_balance",
        },
        ("code", "name", "fixed_investment_imputed"),
    ),
    "prefecture_lights": Fields(
        {
            "code": "city_id",
            "name": "city",
            "year": "year",
            "gdp_second": "gdpct01",
            "lights_urban": "urban_sol",
            "lights_total": "total_sol",
            "lights_urban_mean": "urban_meanlight",
            "lights_total_mean": "total_meanlight",
            "landscan_urban": "urban_population",
            "landscan_total": "total_population",
        },
        ("code", "name"),
    ),
    "prefecture_census_2000_2010": Fields(
        {
            "code": "dzcode",
            "name": "cityname_chn",
            "population_2000": "cpop2000",
            "population_2010": "cpop2010",
            "urban_population_2000": "upop2000",
            "urban_population_2010": "upop2010",
        },
        ("code", "name"),
    ),
}


def read_fields(path: Path, fields: Fields) -> pd.DataFrame:
    """Our columns of a CSV or Stata file: text as text, everything else as floats, index the file's rows from 1.

    Raises:
        UpstreamError: the file cannot be read, a header is missing or stands twice, or a cell is no number.
    """
    raw = _read(path)
    headers = [str(header) for header in raw.columns]
    faults = []
    for name, header in fields.columns.items():
        count = headers.count(header)
        if count != 1:
            found = "no such column" if count == 0 else f"found {count} columns of that name"
            faults.append(f"{path.name}, column {header!r} ({name}): {found}; expected one")
    if faults:
        raise UpstreamError("\n".join(faults))
    body = raw[list(fields.columns.values())].set_axis(list(fields.columns), axis=1)
    body.index = pd.RangeIndex(1, len(body) + 1)
    for name, header in fields.columns.items():
        if name in fields.texts:
            body[name] = body[name].map(lambda cell: "" if pd.isna(cell) else str(cell).strip()).astype(object)
        else:
            body[name] = _numbers(body[name], f"{path.name}, column {header!r} ({name})")
    return body


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".dta":
            return pd.read_stata(path, convert_categoricals=False)
        raw = pd.read_csv(path, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        return raw.iloc[1:].set_axis(raw.iloc[0].tolist(), axis=1)
    except Exception as error:  # pandas raises many kinds for a damaged file
        raise UpstreamError(f"{path.name}: not a readable table ({error})") from error


def _numbers(cells: "pd.Series[Any]", place: str) -> "pd.Series[float]":
    if cells.dtype.kind in "iuf":
        # Stata keeps seven digits; going through text gives those digits and no others.
        numbers = cells.astype(str).astype("float64") if cells.dtype == "float32" else cells.astype("float64")
        wrong = numbers.isin([float("inf"), float("-inf")])
    else:
        text = cells.astype(str).str.strip()
        numbers = pd.to_numeric(text.where(text != ""), errors="coerce").astype("float64")
        wrong = (numbers.isna() & (text != "")) | numbers.isin([float("inf"), float("-inf")])
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise UpstreamError(
            f"{place}, row {row + 1} below the header: found {cells.iloc[row]!r}; expected a number or nothing"
        )
    return numbers

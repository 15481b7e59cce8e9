"""Made-up polygons: squares of a tenth of a degree on a grid, with their units."""

import pandas as pd
from shapely import Geometry, box

SIDE = 0.1


def square(column: float, row: float, width: float = 1, height: float = 1) -> Geometry:
    west, south = round(113 + column * SIDE, 6), round(34 + row * SIDE, 6)
    return box(west, south, round(west + width * SIDE, 6), round(south + height * SIDE, 6))


def shapes_frame(shapes: dict[str, Geometry], names: dict[str, str] | None = None) -> pd.DataFrame:
    """In the form of `read_shapes`; names are 甲县 and so on if not given."""
    defaults = {code: f"{'甲乙丙丁戊己庚辛'[i]}县" for i, code in enumerate(shapes)}
    return pd.DataFrame(
        {
            "code": list(shapes),
            "name": [(names or defaults)[code] for code in shapes],
            "prefecture": [f"州{code[2:4]}市" for code in shapes],
            "province": [f"省{code[:2]}省" for code in shapes],
            "shape": list(shapes.values()),
        }
    )


def units_frame(
    names: dict[str, str], years: tuple[int, ...] = (2010, 2020), population: dict[str, int] | None = None
) -> pd.DataFrame:
    """In the form of `census.csv`, with the columns that geometry needs."""
    kinds = {"区": "district", "市": "county_city", "园": "zone"}
    return pd.DataFrame(
        [
            {
                "code": code,
                "year": year,
                "name": name,
                "unit_type": kinds.get(name[-1], "county"),
                "province": f"省{code[:2]}省",
                "prefecture": f"州{code[2:4]}市",
                "population": (population or {}).get(code, 1000),
            }
            for code, name in names.items()
            for year in years
        ]
    )


def links_frame(*rows: tuple[int, str, str, str]) -> pd.DataFrame:
    """Year, code, relation, polygon; in the form of `link_units`."""
    records = [(year, code, "甲县", relation, polygon, "") for year, code, relation, polygon in rows]
    return pd.DataFrame(records, columns=["year", "code", "name", "relation", "polygon", "reason"])


def same(shapes: pd.DataFrame) -> pd.DataFrame:
    """Every polygon is the unit of its code in both censuses."""
    return links_frame(*((year, code, "same", code) for year in (2010, 2020) for code in shapes["code"]))

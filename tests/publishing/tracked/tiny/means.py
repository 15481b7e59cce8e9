"""The simulated findings."""

import csv
import json
from pathlib import Path

from publishing.fingerprint import code_hash, file_hash
from tiny.rounding import rounded

HERE = Path(__file__).parents[1]


def write(column, data, out, code):
    """Write the mean and the range of a column."""
    with data.open(encoding="utf-8") as stream:
        values = [float(row[column]) for row in csv.DictReader(stream)]
    design = f"{column}s"
    words = {"unit": "points", "sample": f"{len(values)} simulated rows", "specification": "none"}
    found = {
        f"{design}.mean": {"value": rounded(sum(values) / len(values)), **words},
        f"{design}.range": {"value": max(values) - min(values), **words},
    }
    made_from = {
        "data": {data.relative_to(HERE).as_posix(): file_hash(data)},
        "code": {p.relative_to(HERE).as_posix(): code_hash(p) for p in code},
    }
    document = {
        "format": "report-findings/1",
        "design": design,
        "title": f"Simulated {design}",
        "made_from": made_from,
        "findings": found,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")

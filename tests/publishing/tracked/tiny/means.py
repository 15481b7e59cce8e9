"""The simulated findings."""

import csv
import hashlib
import json
from pathlib import Path

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
    hashes = {p.relative_to(HERE).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in (data, *code)}
    name = data.relative_to(HERE).as_posix()
    document = {
        "format": "report-findings/1",
        "design": design,
        "title": f"Simulated {design}",
        "made_from": {"data": {name: hashes.pop(name)}, "code": hashes},
        "findings": found,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")

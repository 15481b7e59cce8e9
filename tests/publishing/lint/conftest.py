"""A book whose chapters are the cases of a table, and which has findings of its own."""

import json
from pathlib import Path

UNITS = {
    "made.gain": "percentage points",
    "made.share": "percent",
    "made.growth": "log points",
    "made.units": "units",
    "made.money": "yuan",
    "made.years": "years",
}
SHOWN = """\
# Shown {#sec-shown}

@fig-shown, @tbl-shown and @eq-shown, after @smith2001.

$$
a = b
$$ {#eq-shown}

![A square](square.svg){#fig-shown fig-alt="It is black."}

| A | B |
|---|---|
| a | b |

: Rows {#tbl-shown}
"""
HEAD = 2  # lines above a case's text


def write_book(root: Path, cases: list[str]) -> Path:
    """Write a book with one chapter a case, `c000.qmd` and so on."""
    root.mkdir(parents=True, exist_ok=True)
    names = [f"c{number:03}.qmd" for number in range(len(cases))]
    chapters = "\n".join(f"    - {name}" for name in ["index.qmd", "shown.qmd", *names, "references.qmd"])
    (root / "_quarto.yml").write_text(
        "project: {type: book, output-dir: _book, execute-dir: project}\nlang: en\n"
        f"book:\n  title: Cases\n  author: The test authors\n  output-file: cases\n  chapters:\n{chapters}\n"
        "bibliography: references.bib\n",
        encoding="utf-8",
    )
    (root / "references.bib").write_text(
        "@book{smith2001,\n  author = {Smith, Ann},\n  title = {Towns},\n  year = {2001}\n}\n", encoding="utf-8"
    )
    (root / "index.qmd").write_text("# Preface {.unnumbered}\n", encoding="utf-8")
    (root / "references.qmd").write_text("# References {.unnumbered}\n\n::: {#refs}\n:::\n", encoding="utf-8")
    (root / "shown.qmd").write_text(SHOWN, encoding="utf-8")
    (root / "square.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0H9V9H0Z"/></svg>', encoding="utf-8"
    )
    for number, (name, text) in enumerate(zip(names, cases, strict=True)):
        (root / name).write_text(f"# Case {{#sec-case-{number}}}\n\n{text}\n", encoding="utf-8")
    write_findings(root)
    return root


def write_findings(root: Path) -> None:
    """Write a findings file with a finding of each unit."""
    findings = root / "bld/findings"
    findings.mkdir(parents=True)
    entries = {
        k: {"value": 1.5, "unit": unit, "sample": "Made.", "specification": "Made."} for k, unit in UNITS.items()
    }
    document = {
        "format": "report-findings/1",
        "design": "made",
        "title": "Made",
        "made_from": {"data": {}, "code": {}},
        "findings": entries,
    }
    (findings / "made.json").write_text(json.dumps(document, indent=1), encoding="utf-8")

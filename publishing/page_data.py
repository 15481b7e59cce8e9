"""The data of each page, beside it: a CSV file for each computed table and figure, and all of them in one ZIP.

The ZIP has the findings that the page's prose states as well, in `findings.csv`.
"""

import csv
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from publishing.findings import Found
from publishing.provenance import Provenance, files_folder

ZIP = "data.zip"
_FINDINGS = "findings.csv"
_COLUMNS = (
    *("key", "value", "unit", "standard_error", "lower", "upper", "level", "p_value", "n", "clusters"),
    *("sample", "specification"),
)
# The earliest time that a ZIP can hold: the same data give the same bytes.
_TIME = (1980, 1, 1, 0, 0, 0)


def _row(found: Found) -> list[object]:
    lower, upper = found.interval or (None, None)
    values = vars(found) | {"lower": lower, "upper": upper}
    return [values[name] for name in _COLUMNS]


def _findings_csv(found: Iterable[Found]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(map(_row, found))
    return buffer.getvalue()


def page_files(made: Provenance, chapter: str) -> dict[str, str]:
    """The files of a chapter's data, by name: CSV texts of its tables and figures, and of the findings in its text."""
    steps = made.shown[chapter]
    files = {shown.csv_name: shown.csv for shown in steps if shown.csv_name is not None and shown.csv is not None}
    keys = sorted({key for shown in steps if shown.ran for key in shown.findings} & set(made.known))
    if keys:
        files[_FINDINGS] = _findings_csv(made.known[key] for key in keys)
    return files


def write_data(made: Provenance, out: Path) -> None:
    """Put the data of each page beside it below `out`, where there is that page."""
    for chapter in made.shown:
        files = page_files(made, chapter)
        if not files or not (out / PurePosixPath(chapter).with_suffix(".html")).is_file():
            continue
        folder = out / files_folder(chapter)
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            if name != _FINDINGS:
                (folder / name).write_text(text, encoding="utf-8", newline="")
        with zipfile.ZipFile(folder / ZIP, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in sorted(files.items()):
                archive.writestr(zipfile.ZipInfo(name, _TIME), text.encode(), zipfile.ZIP_DEFLATED)

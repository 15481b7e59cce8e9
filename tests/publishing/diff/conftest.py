"""Findings and editions made by hand, so that most tests run no pipeline and no kernel."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from publishing.findings import Found, MadeFrom

NOTE = """\
id: a-note
citation: {author: unknown, title: A note made for tests, date: unknown, short: note, kind: note, where: nowhere, doubts: [all of it]}
language: English
summary: A note made for tests.
topics: [tests]
claims:
  - id: tall
    says: The simulated rows are tall.
    theory: location
    implication: The mean is high.
    size: {value: 185, unit: points, because: tests need a number}
    rule: {kind: level, supported: {at_least: 185}, contradicted: {at_most: 150}}
    finding: heights.mean
    chapter: chapters/01-heights.qmd
    foreknowledge: none
"""


def found(key: str = "heights.mean", value: float = 1.0, unit: str = "points", **more: object) -> Found:
    words = {"sample": "simulated rows", "specification": "none"}
    return Found(
        key=key, design=key.partition(".")[0], made_from=MadeFrom({}, {}), value=value, unit=unit, **words | more
    )  # type: ignore[arg-type]


def write_findings(root: Path, **values: float) -> None:
    """Findings `heights.NAME` of the small book, written as its pipeline would."""
    entry = {"unit": "points", "sample": "simulated rows", "specification": "none"}
    document = {
        "format": "report-findings/1",
        "design": "heights",
        "title": "Simulated heights",
        "made_from": {"data": {}, "code": {}},
        "findings": {f"heights.{name}": {"value": value, **entry} for name, value in values.items()},
    }
    path = root / "bld/findings/heights.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")


def git(root: Path, *arguments: str) -> str:
    who = ["-c", "user.name=Tests", "-c", "user.email=tests@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(root: Path, message: str) -> str:
    git(root, "add", "--all", "--force", ".")
    git(root, "commit", "--quiet", "--message", message)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def plain_book(tracked_book: Path) -> Callable[..., Path]:
    """A function that gives the tracked book without a pipeline: its findings are what a test writes."""

    def make(**values: float) -> Path:
        settings = '[tool.report]\nfindings = "bld/findings"\nsource_notes = "notes"\n'
        (tracked_book / "pyproject.toml").write_text(settings, encoding="utf-8")
        (tracked_book / "notes").mkdir(exist_ok=True)
        (tracked_book / "notes/a-note.yml").write_text(NOTE, encoding="utf-8")
        write_findings(tracked_book, **values)
        return tracked_book

    return make

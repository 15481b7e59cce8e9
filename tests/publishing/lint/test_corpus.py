"""Every planted fault is found, on its line, and nothing else is; clean texts give no alarm."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from publishing.lint import lint
from publishing.lint.rules import RULES
from publishing.project import load_book
from tests.publishing.lint.conftest import HEAD, write_book

HERE = Path(__file__).parent
PLANTED: list[dict[str, Any]] = yaml.safe_load((HERE / "planted.yml").read_text(encoding="utf-8"))
CLEAN: list[str] = yaml.safe_load((HERE / "clean.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What is found in each chapter, in a book of all cases: one run for all of them."""
    root = write_book(tmp_path_factory.mktemp("corpus") / "book", [*(c["text"] for c in PLANTED), *CLEAN])
    result: dict[str, list[str]] = defaultdict(list)
    for alarm in lint(load_book(root)).alarms:
        result[alarm.place.file].append(f"{alarm.place.line - HEAD} {alarm.code}")
    return result


def test_the_corpus_is_large_and_has_most_rules() -> None:
    assert len(PLANTED) >= 60
    planted = {entry.split()[1] for case in PLANTED for entry in case["found"]}
    assert set(RULES) - planted == {"L201", "L404", "L502"}  # not of a chapter's text; see test_lint.py


@pytest.mark.parametrize("number", range(len(PLANTED)))
def test_each_planted_fault_is_found_on_its_line(found: dict[str, list[str]], number: int) -> None:
    case = PLANTED[number]
    assert sorted(found[f"c{number:03}.qmd"]) == sorted(case["found"]), case["text"]


@pytest.mark.parametrize("number", range(len(CLEAN)))
def test_clean_texts_give_no_alarm(found: dict[str, list[str]], number: int) -> None:
    assert found[f"c{len(PLANTED) + number:03}.qmd"] == [], CLEAN[number]


def test_nothing_is_found_beside_the_cases(found: dict[str, list[str]]) -> None:
    assert [file for file, alarms in found.items() if alarms and not file.startswith("c")] == []

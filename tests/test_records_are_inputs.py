from dataclasses import replace

from analysis.paths import ROOT
from analysis.records import VALIDATION, read_validation
from publishing.freshness import Stamp, input_hashes, reasons
from publishing.project import load_book


def test_a_changed_record_makes_the_book_stale() -> None:
    book = load_book(ROOT)
    name = VALIDATION.relative_to(ROOT).as_posix()
    inputs = input_hashes(book, [])
    last = Stamp(inputs, "embedded", ["html"], {})
    assert f"{name} changed" in reasons(book, last, {**inputs, name: "another"}, "embedded", ["html"])
    assert f"{name} is gone" in reasons(
        book, replace(last), {k: v for k, v in inputs.items() if k != name}, "embedded", ["html"]
    )


def test_the_committed_record_is_whole() -> None:
    groups = {c.group for c in read_validation().checks}
    assert groups == {"published", "parity", "recoveries", "limits"}

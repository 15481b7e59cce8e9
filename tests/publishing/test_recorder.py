import json
from collections.abc import Callable
from pathlib import Path

from publishing.fingerprint import fingerprint
from publishing.kernel.recorder import record_of


def record(root: Path, chapter: str) -> dict:
    return json.loads(record_of(root, chapter).read_text(encoding="utf-8"))


def test_a_kernel_records_what_its_chapter_reads(tracked_book: Path, made: Callable[..., str]) -> None:
    made(tracked_book, formats=("html",))
    heights = record(tracked_book, "chapters/01-heights.qmd")
    assert set(heights["reads"]) == {"bld/findings/heights.json", "tiny/__init__.py", "tiny/show.py"}
    weights = record(tracked_book, "chapters/02-weights.qmd")
    assert set(weights["reads"]) == {
        "bld/findings/weights.json", "data/weights.csv", "tiny/__init__.py", "tiny/show.py",
    }  # fmt: skip
    findings = tracked_book / "bld/findings"
    for name, digest in weights["reads"].items():
        assert digest == fingerprint(tracked_book / name, findings)
    assert not record_of(tracked_book, "chapters/03-words.qmd").exists()


def test_a_step_records_its_findings_and_the_function_it_calls(tracked_book: Path, made: Callable[..., str]) -> None:
    made(tracked_book, formats=("html",))
    steps = record(tracked_book, "chapters/01-heights.qmd")["steps"]
    table = next(s for s in steps if s["code"].startswith("table("))
    assert table["findings"] == ["heights.mean", "heights.range"]
    assert table["files"] == ["bld/findings/heights.json"]
    line = (tracked_book / "tiny/show.py").read_text(encoding="utf-8").splitlines().index("def table(*keys):") + 1
    assert table["function"] == {"name": "tiny.show.table", "file": "tiny/show.py", "line": line}
    inline = next(s for s in steps if s["code"].startswith("(finding("))
    assert inline["findings"] == ["heights.mean"]

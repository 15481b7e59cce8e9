import json
from collections.abc import Callable
from pathlib import Path

import pytest

from publishing.fingerprint import fingerprint
from publishing.kernel.recorder import record_of
from tests.publishing.conftest import edit


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


READS_TEXT = """
```{python}
from pathlib import Path

lines = len(Path("tiny/means.py").read_text(encoding="utf-8").splitlines())
```

It has `{python} lines` lines.
"""


@pytest.mark.parametrize("writes_byte_code", [True, False])
def test_a_module_whose_text_a_chapter_reads_counts_and_one_that_is_loaded_does_so_once(
    tracked_book: Path, made: Callable[..., str], monkeypatch: pytest.MonkeyPatch, writes_byte_code: bool
) -> None:
    if not writes_byte_code:
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    path = tracked_book / "chapters/02-weights.qmd"
    before = path.read_text(encoding="utf-8")
    path.write_text(before + READS_TEXT, encoding="utf-8")
    made(tracked_book, formats=("html",))
    found = record(tracked_book, "chapters/02-weights.qmd")
    assert {name for name in found["reads"] if name.endswith(".py")} == {
        "tiny/__init__.py", "tiny/show.py", "tiny/means.py",
    }  # fmt: skip
    assert found["reads"]["tiny/means.py"] == fingerprint(tracked_book / "tiny/means.py")
    assert all(not name.endswith(".py") for step in found["steps"] for name in step["files"])
    edit(tracked_book / "tiny/means.py", "import csv\n", "import csv\n\nANOTHER = 1\n")
    said = made(tracked_book, formats=("html",))
    assert "chapters/02-weights.qmd is executed: " in said
    assert "tiny/means.py changed" in said

import hashlib
from pathlib import Path

import pytest

from analysis.paths import ROOT
from analysis.provenance import code_hash, file_hash, made_from, sources
from publishing import fingerprint

CODE = '"""A module."""\n\n\ndef f(x):\n    """Doubles."""\n    return 2 * x  # why\n'


def hash_of(tmp_path: Path, code: str) -> str:
    path = tmp_path / "module.py"
    path.write_text(code, encoding="utf-8")
    return code_hash(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Doubles.", "Twice the number."),
        ("# why", "# another reason"),
        ('"""A module."""\n', ""),
        ("\n\n\n", "\n\n\n\n"),
    ],
)
def test_words_and_layout_leave_the_code_hash(tmp_path: Path, old: str, new: str) -> None:
    assert hash_of(tmp_path, CODE.replace(old, new)) == hash_of(tmp_path, CODE)


@pytest.mark.parametrize(("old", "new"), [("2 * x", "3 * x"), ("def f(x)", "def f(x, y=1)"), ("2 * x", "'2' * x")])
def test_a_changed_line_changes_the_code_hash(tmp_path: Path, old: str, new: str) -> None:
    assert hash_of(tmp_path, CODE.replace(old, new)) != hash_of(tmp_path, CODE)


def test_imports_of_imports_are_sources() -> None:
    names = {p.relative_to(ROOT).as_posix() for p in sources("analysis.results.long_difference")}
    assert "analysis/results/long_difference.py" in names
    assert "analysis/designs/regression.py" in names  # imported by it
    assert "analysis/designs/errors.py" in names  # imported by that
    assert "analysis/paths.py" in names  # imported by analysis.findings
    assert {"analysis/__init__.py", "analysis/designs/__init__.py"} <= names
    assert not any("present" in n for n in names)


def test_made_from_names_files_from_the_root() -> None:
    study = ROOT / "study.yml"
    made = made_from("analysis.study", [study])
    assert made.data == {"study.yml": hashlib.sha256(study.read_bytes()).hexdigest()}
    assert set(made.code) == {"analysis/__init__.py", "analysis/paths.py", "analysis/study.py"}
    assert made.code["analysis/study.py"] == code_hash(ROOT / "analysis" / "study.py")
    assert file_hash(study) == made.data["study.yml"]


def test_the_hashes_are_those_of_the_findings_format() -> None:
    """Neither package may import the other; `publishing/findings.schema.json` says what is hashed."""
    for path in sorted((ROOT / "analysis").rglob("*.py"))[:40]:
        assert code_hash(path) == fingerprint.code_hash(path)
    assert file_hash(ROOT / "study.yml") == fingerprint.file_hash(ROOT / "study.yml")

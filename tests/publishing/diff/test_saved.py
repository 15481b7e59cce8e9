import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from publishing.diff import saved
from publishing.diff.saved import builds, read_card, save
from publishing.errors import BookError
from publishing.findings import load
from publishing.project import load_book
from tests.publishing.conftest import edit
from tests.publishing.diff.conftest import commit, git, write_findings


def test_a_build_keeps_its_findings_records_and_text(tracked_book: Path, made: Callable[..., str]) -> None:
    made(tracked_book, formats=("html",))
    (folder,) = builds(load_book(tracked_book))
    kept = load_book(folder)
    assert load(folder / kept.settings.findings) == load(tracked_book / "bld/findings")
    for name in ("bld/reads/chapters/01-heights.qmd.json", "chapters/01-heights.qmd", "chapters/_note.md"):
        assert (folder / name).read_bytes() == (tracked_book / name).read_bytes()
    card = read_card(folder)
    assert card is not None
    assert (card.name, card.commit) == (folder.name, None)
    assert made(tracked_book, formats=("html",)).strip() == "_book/ is up to date: nothing to do."
    assert builds(load_book(tracked_book)) == [folder]


def test_the_last_five_with_other_findings_are_kept(plain_book: Callable[..., Path]) -> None:
    for value in range(7):
        root = plain_book(mean=value)
        save(load_book(root))
    kept = [load(folder / "bld/findings")["heights.mean"].value for folder in builds(load_book(root))]
    assert kept == [2, 3, 4, 5, 6]


def test_a_build_with_the_same_numbers_takes_the_place_of_the_last(plain_book: Callable[..., Path]) -> None:
    root = plain_book(mean=1)
    first = save(load_book(root))
    path = root / "bld/findings/heights.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(document | {"made_from": {"data": {}, "code": {"a.py": "0" * 64}}}), encoding="utf-8")
    edit(root / "chapters/01-heights.qmd", "The mean height", "The average height")
    second = save(load_book(root))
    assert first != second
    assert builds(load_book(root)) == [second]
    assert "average" in (second / "chapters/01-heights.qmd").read_text(encoding="utf-8")


def test_a_build_of_a_commit_says_which(plain_book: Callable[..., Path]) -> None:
    root = plain_book(mean=1)
    (root / ".gitignore").write_text("/bld/builds/\n", encoding="utf-8")
    git(root, "init", "--quiet")
    made = commit(root, "one")
    card = read_card(save(load_book(root)))
    assert card is not None
    assert card.commit == made
    assert made[:10] in card.name
    write_findings(root, mean=2)
    card = read_card(save(load_book(root)))
    assert card is not None
    assert card.commit is None


def test_a_build_that_is_broken_off_is_none(plain_book: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root = plain_book(mean=1)
    folder = save(load_book(root))
    write_findings(root, mean=2)

    def full(source: Path, target: Path) -> None:
        if target.name == "heights.json":
            raise OSError(28, "No space left on device")
        target.write_bytes(source.read_bytes())

    with monkeypatch.context() as patch:
        patch.setattr(saved.shutil, "copyfile", full)
        with pytest.raises(BookError, match=r"the book is made, but .* bld/builds .*: No space left on device"):
            save(load_book(root))
    assert [path.name for path in (root / "bld/builds").iterdir()] == [folder.name]
    shutil.copytree(folder, root / "bld/builds/.x.partial")  # as a killed process leaves it
    (root / "bld/builds/not-a-build").mkdir()
    assert builds(load_book(root)) == [folder]

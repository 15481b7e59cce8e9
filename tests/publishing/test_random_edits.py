"""After any edit, a build gives what a build from nothing gives: random edits of the tracked book, one after another."""

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from publishing.freshness import output_hashes
from tests.publishing.conftest import make

EDITS_A_BOOK = 50
MADE = ("_book", "bld", "_freeze", "__pycache__", ".pytask")
CHAPTERS = ("index", "chapters/01-heights", "chapters/02-weights", "chapters/03-words")
WORDS = (
    "tall",
    "heavy",
    "simulated",
    "row",
    "mean",
    "plain",
    "odd",
    "late",
    "\u9ad8",
    "caf\u00e9",
    "`code`",
    "*leaning*",
)
Edit = Callable[[random.Random, Path], str]


def _sentence(rng: random.Random) -> str:
    return f"{' '.join(rng.choices(WORDS, k=rng.randint(2, 6)))}."


def _change(path: Path, pattern: str, new: str) -> None:
    """Replace what a pattern matches first, which must be there."""
    text, count = re.subn(pattern, lambda _: new, path.read_text(encoding="utf-8"), count=1)
    assert count, f"{path.name} has no {pattern}"
    path.write_text(text, encoding="utf-8")


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as stream:
        stream.write(text)


def _chapter(rng: random.Random, root: Path) -> Path:
    return root / f"{rng.choice(CHAPTERS)}.qmd"


def add_sentence(rng: random.Random, root: Path) -> str:
    path, text = _chapter(rng, root), _sentence(rng)
    _append(path, f"\n{text}\n")
    return f"{path.name}: {text}"


def reword_title(rng: random.Random, root: Path) -> str:
    path, title = root / f"{rng.choice(CHAPTERS[1:])}.qmd", _sentence(rng)
    _change(path, r"(?m)^# [^{\n]*", f"# {title} ")
    return f"{path.name} is called {title}"


def add_section(rng: random.Random, root: Path) -> str:
    path, title = _chapter(rng, root), _sentence(rng)
    _append(path, f"\n## {title}\n\n{_sentence(rng)}\n")
    return f"{path.name}: section {title}"


def cite(rng: random.Random, root: Path) -> str:
    path, key = _chapter(rng, root), rng.choice(("@smith2001", "[@jones1999, p. 3]", "[@smith2001; @jones1999]"))
    _append(path, f"\nAs {key} has it.[^{(name := f'n{rng.getrandbits(40)}')}]\n\n[^{name}]: See {key}.\n")
    return f"{path.name}: cites {key}"


def refer(rng: random.Random, root: Path) -> str:
    path, label = _chapter(rng, root), rng.choice(("sec-heights", "sec-weights", "sec-words", "tbl-heights"))
    _append(path, f"\nSee @{label}.\n")
    return f"{path.name}: refers to {label}"


def add_equation(rng: random.Random, root: Path) -> str:
    path, label = _chapter(rng, root), f"eq-n{rng.getrandbits(40)}"
    _append(path, f"\n$$ a = {rng.randint(0, 9)} $$ {{#{label}}}\n\nBy @{label}.\n")
    return f"{path.name}: equation {label}"


def drop_last_paragraph(rng: random.Random, root: Path) -> str:
    path = root / "chapters/03-words.qmd"
    paragraphs = path.read_text(encoding="utf-8").rstrip("\n").split("\n\n")
    if len(paragraphs) < 3 or "[^" in paragraphs[-1] or "{#" in paragraphs[-2]:
        return add_sentence(rng, root)
    path.write_text("\n\n".join(paragraphs[:-1]) + "\n", encoding="utf-8")
    return f"{path.name}: without {paragraphs[-1]}"


def add_expression(rng: random.Random, root: Path) -> str:
    path = root / f"{rng.choice(CHAPTERS[1:3])}.qmd"
    key = rng.choice(("heights.mean", "heights.range", "weights.mean", "weights.range"))
    _append(path, f'\nThat is `{{python}} finding("{key}")`.\n')
    return f"{path.name}: shows {key}"


def add_cell(rng: random.Random, root: Path) -> str:
    path, label = root / "chapters/01-heights.qmd", f"tbl-n{rng.getrandbits(40)}"
    _append(
        path, f'\n```{{python}}\n#| label: {label}\n#| tbl-cap: "More"\ntable("weights.mean")\n```\n\nSee @{label}.\n'
    )
    return f"{path.name}: table {label}"


def reword_caption(rng: random.Random, root: Path) -> str:
    words = " ".join(rng.choices(WORDS[:8], k=3))
    _change(root / "chapters/01-heights.qmd", r'(?<=#\| tbl-cap: )"[^"]*"', f'"{words}"')
    return f"a caption: {words}"


def change_comment_in_text(rng: random.Random, root: Path) -> str:
    path = _chapter(rng, root)
    _append(path, f"\n<!-- {_sentence(rng)} -->\n")
    return f"{path.name}: a comment"


def change_include(rng: random.Random, root: Path) -> str:
    more = rng.choice(("", " It has `{python} 1 + 1` lines.", f" {_sentence(rng)}"))
    (root / "chapters/_note.md").write_text(
        f"An included {rng.choice(WORDS)} note, after @smith2001.{more}\n", encoding="utf-8"
    )
    return f"the included file{more}"


def change_bibliography(rng: random.Random, root: Path) -> str:
    year = str(rng.randint(1990, 2009))
    _change(root / "references.bib", r"(?<=year = \{)\d+", year)
    return f"Smith {year}"


def change_settings(rng: random.Random, root: Path) -> str:
    if rng.random() < 0.5:
        title = " ".join(rng.choices(WORDS[:8], k=3))
        _change(root / "_quarto.yml", r"(?<=\n  title: )[^\n]*", title)
        return f"the book is called {title}"
    shuffled = [f"    - {name}.qmd\n" for name in rng.sample(CHAPTERS[1:], 3)]
    _change(root / "_quarto.yml", r"(    - chapters/\S+\n){3}", "".join(shuffled))
    return f"chapters in the order {', '.join(line.strip() for line in shuffled)}"


def change_module(rng: random.Random, root: Path) -> str:
    name, pattern, choices = rng.choice(
        (
            ("rounding", r"(?<=round\(value, )\d", ("0", "1", "2", "3")),
            ("heights", r"(?<=value > )\d+", ("0", "1", "90")),
            ("show", r"(?<=found\['value'\]:)[^}]*", ("g", ".1f", ".3f")),
            ("means", r"(?<=\"unit\": \")\w+", ("points", "dots")),
        )
    )
    new = rng.choice(choices)
    _change(root / f"tiny/{name}.py", pattern, new)
    return f"tiny/{name}.py: {new}"


def change_comment_in_module(rng: random.Random, root: Path) -> str:
    path = root / "tiny" / rng.choice(("rounding.py", "heights.py", "show.py", "means.py", "pipeline/task_means.py"))
    if rng.random() < 0.5:
        _append(path, f"# {_sentence(rng)}\n")
    else:
        _change(path, r'^"""[^"]*', f'"""{_sentence(rng)}')
    return f"{path.name}: a comment or docstring"


def change_table(rng: random.Random, root: Path) -> str:
    path = root / "data" / rng.choice(("heights.csv", "weights.csv"))
    value = str(rng.randint(100, 199))
    if rng.random() < 0.3:
        _append(path, f"d{rng.randint(0, 99)},{value}\n")
    else:
        _change(path, rng.choice((r"(?<=\na,)\d+", r"(?<=\nb,)\d+", r"(?<=\nc,)\d+")), value)
    return f"{path.name}: {value}"


def change_lock(rng: random.Random, root: Path) -> str:
    version = f"tiny=={rng.randint(1, 9)}.{rng.randint(0, 9)}"
    (root / "requirements/report.txt").write_text(f"# what the book runs with\n# {version}\n", encoding="utf-8")
    return f"the lock file: {version}"


def nothing(rng: random.Random, root: Path) -> str:
    return "nothing"


TEXT: list[Edit] = [
    *(add_sentence, reword_title, add_section, cite, refer, add_equation, drop_last_paragraph, add_expression),
    *(add_cell, reword_caption, change_comment_in_text, change_bibliography, change_settings, nothing),
]
KINDS: list[list[Edit]] = [
    TEXT,
    [change_module, change_module, change_comment_in_module],
    [change_table],
    [change_include],
    [change_lock],
]


def made_by(root: Path) -> dict[str, str]:
    """Every file of the book and of its findings, with its hash; the search index names its files by chance of order."""
    book = output_hashes(root / "_book")
    findings = output_hashes(root / "bld/findings")
    return book | {f"findings: {name}": value for name, value in findings.items()}


def from_nothing(root: Path, folder: Path) -> dict[str, str]:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(root, folder, ignore=shutil.ignore_patterns(*MADE))
    make(folder)
    return made_by(folder)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A book for every so many edits, so that several processes share them."""
    count, first = metafunc.config.getoption("--random-edits"), metafunc.config.getoption("--random-seed")
    books = [(seed, min(EDITS_A_BOOK, count - done)) for seed, done in enumerate(range(0, count, EDITS_A_BOOK), first)]
    metafunc.parametrize(("seed", "count"), books)


def test_a_build_after_any_edit_is_a_build_from_nothing(
    tracked_book: Path, tmp_path: Path, seed: int, count: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 no secret
    # A page that tells of all other chapters.
    _append(tracked_book / "index.qmd", "\n::: {#made}\n:::\n")
    make(tracked_book)
    done: list[str] = []
    changed = 0
    before = made_by(tracked_book)
    for number in range(count):
        kind = KINDS[number % len(KINDS)] if rng.random() < 0.5 else TEXT
        done.append(rng.choice(kind)(rng, tracked_book))
        said = make(tracked_book)
        now, wanted = made_by(tracked_book), from_nothing(tracked_book, tmp_path / "nothing" / "book")
        differing = sorted(name for name in now.keys() | wanted.keys() if now.get(name) != wanted.get(name))
        assert not differing, f"seed {seed}, after edits {done}: {differing} differ; the build said\n{said}"
        changed += now != before
        before = now
    assert changed >= count / 2

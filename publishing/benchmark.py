"""How long a build takes after little or nothing changed, beside Quarto's frozen render of the same book.

`python -m publishing.benchmark` prints the measures as JSON. The book is made for this, of simulated numbers; what
counts are the ratios, which are of medians within one run.
"""

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from publishing.quarto import Quarto, find_quarto

CHAPTERS = 15
PARAGRAPHS = 12
_WORDS = ("a", "the", "of", "town", "county", "road", "people", "move", "stay", "grow", "slow", "where", "while", "few")
_CONFIG = """\
project:
  type: book
  output-dir: _book
  execute-dir: project
lang: en
book:
  title: A book of simulated numbers
  author: The benchmark
  output-file: book
  chapters:
    - index.qmd
{chapters}
    - references.qmd
bibliography: references.bib
execute:
  echo: false
  daemon: false
  freeze: auto
format:
  html:
    html-math-method: mathml
  typst:
    papersize: a4
    citeproc: true
"""
_MODULE = '''\
"""Simulated numbers, as a table and as a figure."""

import random


def numbers(seed):
    draws = random.Random(seed)
    return [(f"row {i}", round(draws.gauss(0, 1), 2)) for i in range(20)]


class Table:
    def __init__(self, rows):
        self.rows = rows

    def _repr_markdown_(self):
        return "\\n".join(["| Row | Value |", "|:--|--:|", *(f"| {name} | {value} |" for name, value in self.rows)])


def figure(seed):
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(figsize=(6, 3))
    axes.plot([value for _, value in numbers(seed)])
    axes.set_xlabel("row")
    axes.set_ylabel("value")
'''
_CHAPTER = """\
# Chapter {n} {{#sec-{n}}}

```{{python}}
from simulated import Table, figure, numbers
```

The first of {n} numbers is `{{python}} numbers({n})[0][1]`, says @author{n}. {prose}

```{{python}}
#| label: tbl-{n}
#| tbl-cap: "Simulated numbers"
Table(numbers({n}))
```

@tbl-{n} lists them, @fig-{n} draws them, and @sec-{other} has more.

```{{python}}
#| label: fig-{n}
#| fig-cap: "Simulated numbers"
#| fig-alt: "A line"
figure({n})
```

## More {{#sec-more-{n}}}

$$ y_{n} = a + b x $$ {{#eq-{n}}}

By @eq-{n}: {more}
"""
_REFERENCE = (
    "@book{{author{n}, author = {{Author, The}}, title = {{Title {n}}}, year = {{2001}}, publisher = {{None}}}}\n"
)


@dataclass(frozen=True)
class Measure:
    """One promise and what was found: `best` is the same figure from the fastest repeats."""

    name: str
    what: str
    value: float
    best: float
    unit: str
    target: str
    met: bool
    repeats: int
    detail: str


def write_book(root: Path, chapters: int = CHAPTERS) -> None:
    """Write the book into an empty folder."""
    draws = random.Random(1)  # noqa: S311 no secret

    def prose(paragraphs: int) -> str:
        return "\n\n".join(
            " ".join(" ".join(draws.choices(_WORDS, k=14)).capitalize() + "." for _ in range(7))
            for _ in range(paragraphs)
        )

    names = [f"chapters/{n:02}.qmd" for n in range(1, chapters + 1)]
    (root / "chapters").mkdir(parents=True)
    (root / "_quarto.yml").write_text(_CONFIG.format(chapters="\n".join(f"    - {name}" for name in names)))
    (root / "pyproject.toml").write_text('[tool.report]\ninputs = ["simulated.py"]\n')
    (root / "simulated.py").write_text(_MODULE)
    (root / "index.qmd").write_text(f"# Summary {{.unnumbered}}\n\n{prose(2)}\n")
    (root / "references.qmd").write_text("# References {.unnumbered}\n\n::: {#refs}\n:::\n")
    (root / "references.bib").write_text("".join(_REFERENCE.format(n=n) for n in range(1, chapters + 1)))
    for n, name in enumerate(names, start=1):
        text = _CHAPTER.format(n=n, other=n % chapters + 1, prose=prose(PARAGRAPHS // 2), more=prose(PARAGRAPHS // 2))
        (root / name).write_text(text)


class BenchmarkError(Exception):
    """A build of the benchmark's book failed; the message has what it said."""


def _run(command: list[str], root: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["QUARTO_PYTHON"] = sys.executable
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise BenchmarkError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def _edit(root: Path) -> None:
    """Add a sentence to a chapter, another one each time."""
    path = root / "chapters/05.qmd"
    path.write_text(f"{path.read_text()}\nA sentence of {len(path.read_text())} characters before it.\n")


def _times(build: Callable[[], None], before: Callable[[], None], repeats: int) -> list[float]:
    """Seconds that a build takes after what comes before it, which does not count."""
    found = []
    for turn in range(repeats + 1):
        before()
        start = time.perf_counter()
        build()
        if turn:
            found.append(time.perf_counter() - start)
    return found


def _all_times(build: Callable[[Path], None], root: Path, repeats: int) -> dict[str, list[float]]:
    """Seconds of builds of a book that `build` has made before."""
    return {
        "unchanged": _times(lambda: build(root), lambda: None, repeats),
        "prose": _times(lambda: build(root), lambda: _edit(root), repeats),
    }


WHAT = {"unchanged": "nothing changed", "prose": "a sentence was added, HTML and PDF"}
GOALS = {"unchanged": 1, "prose": 2}  # seconds


def _measure_seconds(name: str, times: list[float], chapters: int) -> Measure:
    value, goal = statistics.median(times), GOALS[name]
    return Measure(
        f"build_{name}",
        f"Time of a build with the embedded engine, book of {chapters} chapters, {WHAT[name]}",
        value,
        min(times),
        "seconds",
        f"under {goal} second{'s' if goal > 1 else ''}",
        value < goal,
        len(times),
        "",
    )


def _measure_ratio(name: str, ours: list[float], frozen: list[float], quarto: Quarto) -> Measure:
    value, best = statistics.median(frozen) / statistics.median(ours), min(frozen) / min(ours)
    return Measure(
        f"build_{name}_to_quarto",
        f"The same, against Quarto's own render with freeze: auto, {WHAT[name]}",
        value,
        best,
        "times as fast",
        "more than 10 times",
        value > 10,
        len(frozen),
        f"Quarto {quarto.version} {statistics.median(frozen):.1f} s",
    )


def measure(chapters: int = CHAPTERS, repeats: int = 5, quarto_repeats: int = 2) -> list[Measure]:
    """Build the book once with each engine, then time builds after little or nothing changed.

    Raises:
        BenchmarkError: a build failed.
    """
    report = [sys.executable, "-c", "from publishing.cli import main; main()", "build", "--engine", "embedded"]
    quarto = find_quarto()
    found = []
    with tempfile.TemporaryDirectory(prefix="report-benchmark-") as folder:
        root = Path(folder) / "embedded"
        write_book(root, chapters)
        ours = _all_times(lambda root: _run(report, root), root, repeats)
        theirs = {}
        if quarto is not None and quarto.new_enough:
            other = Path(folder) / "quarto"
            shutil.copytree(root, other, ignore=shutil.ignore_patterns("_book", "bld"))
            theirs = _all_times(lambda root: _run([str(quarto.program), "render"], root), other, quarto_repeats)
        for name, times in ours.items():
            found.append(_measure_seconds(name, times, chapters))
            if quarto is not None and name in theirs:
                found.append(_measure_ratio(name, times, theirs[name], quarto))
    return found


def main() -> None:
    """Print the measures as JSON."""
    try:
        sys.stdout.write(json.dumps([asdict(found) for found in measure()], indent=1) + "\n")
    except BenchmarkError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

from pathlib import Path

import pytest

from publishing.errors import ExecutionError
from publishing.execute import execute_all, execute_chapter
from publishing.source import read_source


def run(folder: Path, text: str):
    (folder / "a.qmd").write_text(text, encoding="utf-8")
    return execute_chapter(read_source(folder, "a.qmd"), folder)


def test_steps_run_in_the_order_of_the_text(tmp_path: Path) -> None:
    results = run(
        tmp_path,
        "# T\n\n```{python}\nx = 1\n```\n\n`{python} x`\n\n```{python}\nx += 1\nprint(x)\n```\n\n`{python} x`\n",
    )
    shown = [[bundle["text/plain"] for bundle in step] for step in results.outputs]
    assert shown == [[], ["1"], ["2\n"], ["2"]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "# T\n\n```{python}\n#| label: setup\nx = 1\n1 / 0\n```\n",
            "a.qmd:6: cell setup failed: ZeroDivisionError: division by zero",
        ),
        (
            "# T\n\n```{python}\nx = 1\n```\n\nA\n\nB `{python} y` C\n",
            "a.qmd:9: the inline expression `y` failed: NameError",
        ),
        ("# T\n\n```{python}\nx = = 1\n```\n", "failed: SyntaxError"),
        (
            "# T\n\n```{python}\nimport warnings\nwarnings.warn('mind')\n```\n",
            "a.qmd:3: the code wrote to the error stream",
        ),
        ("# T\n\n```{python}\n1\n```\n\n`{python} None`\n", "gives no value to print"),
        ("# T\n\n```{python}\nimport os\nos._exit(1)\n```\n", "a.qmd:3: the kernel died here"),
    ],
)
def test_a_failure_has_file_line_step_and_cause(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ExecutionError) as caught:
        run(tmp_path, text)
    assert said in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_every_failing_chapter_is_told(tmp_path: Path) -> None:
    sources = []
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.qmd").write_text(
            f"# T\n\n```{{python}}\n```\n\n`{{python}} {name}`\n" if name != "b" else "# T\n", encoding="utf-8"
        )
        sources.append(read_source(tmp_path, f"{name}.qmd"))
    finished: list[str] = []
    with pytest.raises(ExecutionError) as caught:
        execute_all(sources, lambda _: tmp_path, finished.append)
    assert [line[:7] for line in str(caught.value).splitlines()] == ["a.qmd:6", "c.qmd:6"]
    assert sorted(finished) == ["a.qmd", "b.qmd", "c.qmd"]

"""The console script `report`."""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Literal

import click

from publishing.errors import BookError, ConfigError
from publishing.project import FORMATS, Book, find_root, load_book, load_settings


def _book() -> Book:
    return load_book(find_root(Path.cwd()))


def _unusable(name: str, target: str, why: str) -> click.Command:
    message = f"pyproject.toml: [tool.report.commands] {name} = {target!r} cannot be used: {why}"

    def fail(**_: object) -> None:
        raise ConfigError(message)

    return click.Command(name, callback=fail, help=message)


class _Commands(click.Group):
    """The commands here, and those that `[tool.report.commands]` of the project adds."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._added()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        target = None if own else self._added().get(cmd_name)
        if target is None:
            return own
        module, _, name = target.partition(":")
        try:
            command = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            return _unusable(cmd_name, target, str(error))
        return command if isinstance(command, click.Command) else _unusable(cmd_name, target, "it is no command")

    def _added(self) -> dict[str, str]:
        try:
            root = find_root(Path.cwd())
        except ConfigError:
            return {}
        return load_settings(root).commands


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def report() -> None:
    """Make a research report from its sources, and keep it true to them."""


def _formats(ctx: click.Context, param: click.Parameter, value: str) -> list[str]:
    asked = [part.strip() for part in value.split(",") if part.strip()]
    unknown = [part for part in asked if part not in FORMATS]
    if unknown or not asked:
        raise click.BadParameter(f"found {value!r}; allowed are {' and '.join(FORMATS)}, joined by a comma.")
    return [name for name in FORMATS if name in asked]


@report.command()
@click.option("--engine", type=click.Choice(["auto", "quarto", "embedded"]), default="auto", show_default=True)
@click.option("--to", "formats", default="html,pdf", show_default=True, callback=_formats, help="Formats to print.")
@click.option(
    "--no-wait", is_flag=True, help="Stop if another build of the book is under way, rather than wait for it."
)
def build(engine: str, formats: list[str], no_wait: bool) -> None:
    """Print the book, if anything it is made from has changed."""
    from publishing.build import build as run
    from publishing.progress import Progress

    run(_book(), engine, formats, Progress(), wait=not no_wait)


@report.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), help="The port of this machine; 0 for any.  [default: 4848, if it is free]"
)
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@click.option("--to", "formats", default="html", show_default=True, callback=_formats, help="Formats to print.")
def preview(port: int | None, no_browser: bool, formats: list[str]) -> None:
    """Show the book in a browser of this machine while it is written; _book/ is left alone.

    Pages follow every change of text, settings and modules. What is wrong is shown at the top of the page.
    """
    from publishing.preview.command import preview as run
    from publishing.progress import Progress

    run(find_root(Path.cwd()), port, formats, Progress(), browser=not no_browser)


@report.command()
def prepare() -> None:
    """Bring findings up to date and drop frozen results that are stale: the hook that Quarto runs first."""
    from publishing.build import prepare_quarto as run
    from publishing.lock import hold
    from publishing.progress import Progress

    # Within `report build`, which holds the lock, there is nothing left to prepare.
    if os.environ.get("REPORT_PREPARED") != "1":
        book, progress = _book(), Progress()
        with hold(book.workshop, "report prepare", progress.say):
            run(book, progress)


@report.command()
@click.argument("key")
def explain(key: str) -> None:
    """Say where a number is from: a finding's key, a label such as tbl-x, or a place such as chapters/x.qmd:31."""
    from publishing.explain import explain as run

    click.echo(run(_book(), key))


@report.command(hidden=True)
@click.option("--chapter", help="The folds of this chapter's page.")
@click.option("--index", is_flag=True, help="The entries of the list of tables and figures.")
@click.option("--after", is_flag=True, help="Add to the pages that Quarto has printed: CSV files, and the list.")
def provenance(chapter: str | None, index: bool, after: bool) -> None:
    """Print as JSON what Quarto's filter adds to pages and the PDF, or do what is left after Quarto has rendered."""
    from publishing.explain import after_quarto, for_quarto

    book = _book()
    if after:
        after_quarto(book)
    answer = for_quarto(book, chapter, index=index)
    if answer:
        click.echo(json.dumps(answer))


@report.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON: a list of kind, name, what, through.")
def status(as_json: bool) -> None:
    """Say what is stale and why, running nothing; exit code 1 if anything is."""
    from publishing.status import status_of

    lines = status_of(_book()).lines()
    if as_json:
        rows = [{"kind": x.kind, "name": x.name, "what": x.why.what, "through": x.why.through} for x in lines]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(map(str, lines)) or "nothing is stale")
    if lines:
        sys.exit(1)


@report.command()
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option("--format", "form", type=click.Choice(["md", "json", "html"]), default="md", show_default=True)
@click.option(
    "--tolerance",
    default="printed",
    show_default=True,
    help="printed (what readers would see differ), exact, relative=NUMBER, absolute=NUMBER, or both with a comma.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file to write; else it is printed.")
@click.option(
    "--environment",
    type=click.Choice(["lock", "current"]),
    default="lock",
    show_default=True,
    help="What a revision's findings are computed with: its own lock file, or the environment of now.",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if something differs.")
def diff(
    old: str | None,
    new: str | None,
    form: str,
    tolerance: str,
    output: Path | None,
    environment: Literal["lock", "current"],
    exit_zero: bool,
) -> None:
    """Compare findings and verdicts of two builds or Git revisions, and say where they are printed.

    OLD and NEW are `last` or `previous` (saved builds), the name or path of a saved build, or a Git revision. Without
    NEW, the work tree is compared, its findings brought up to date; without OLD, with the last saved build. Exits with
    1 if something differs.
    """
    from publishing.diff.command import run
    from publishing.progress import Progress

    if run(_book(), old, new, form, tolerance, environment, output, Progress()) and not exit_zero:
        sys.exit(1)


@report.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for a machine.")
def claims(as_json: bool) -> None:
    """Judge the claims of the source notes, and hold the text's own claims to the findings.

    Exits with 1 if a rule cannot be applied, or the findings do not bear a sentence out.
    """
    from publishing import verdicts
    from publishing.build import read_sources
    from publishing.claims import book as text
    from publishing.findings import load
    from publishing.references import scan

    book = _book()
    judged = list(verdicts.read_verdicts(book).values())
    sources = read_sources(book)
    found = text.collect(sources, scan(book, sources)[0])
    held = text.judge_claims(found, load(book.root / book.settings.findings))
    faults = verdicts.unjudged(judged)
    if as_json:
        answer = {"verdicts": [verdicts.as_json(v) for v in judged], "text": [text.as_json(v) for v in held]}
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        for verdict in judged:
            click.echo(verdicts.line(verdict))
        if judged:
            click.echo(f"{verdicts.counts(judged)}\n")
        for claim in held:
            click.echo(text.line(claim) if claim.holds else text.words(claim))
        click.echo(f"{sum(v.holds for v in held)} of {len(held)} claims in the text hold.")
    if faults or not all(v.holds for v in held):
        sys.exit(1)


def _rules(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        from publishing.lint.command import rules

        click.echo(rules())
        ctx.exit()


@report.command()
@click.option("--fix", is_flag=True, help="Mend what is safe to mend, and report the rest.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.option("--unused", is_flag=True, help="Report each finding that no chapter looks up.")
@click.option("--rules", is_flag=True, is_eager=True, expose_value=False, callback=_rules, help="List the rules.")
@click.argument("files", nargs=-1)
def lint(fix: bool, as_json: bool, unused: bool, files: tuple[str, ...]) -> None:
    """Look for typed results, dead references, and text that only one engine prints.

    Exit code 1 if anything is found, 2 if the book cannot be checked. A comment <!-- lint: L101 the reason -->
    silences a rule on its line, or on the next if it stands alone.
    """
    from publishing.lint.command import run

    sys.exit(run(Path.cwd(), files, mend=fix, as_json=as_json, list_unused=unused))


@report.group()
def new() -> None:
    """Make something new."""


@new.command()
@click.argument("title")
@click.option("--appendix", is_flag=True, help="Make an appendix.")
@click.option("--after", metavar="NAME", help="The chapter that it follows: its file, or part of the file's name.")
@click.option("--slug", metavar="NAME", help="What file and labels are called; else they are called after the title.")
def chapter(title: str, appendix: bool, after: str | None, slug: str | None) -> None:
    """Make a chapter that builds, and enter it in _quarto.yml."""
    from publishing.new_chapter import make, plan

    book = _book()
    made = plan(book, title, appendix=appendix, after=after, name=slug)
    make(book.root, made)
    place = f"after {made.after}" if made.after else "as the first appendix"
    click.echo(f"{made.path} is made (@{made.label}); it stands in _quarto.yml {place}.")


def main() -> None:
    """Run the console script; a failure is told in words, with exit code 1."""
    try:
        report(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit("stopped; the last good book is as it was.")
    except BookError as error:
        sys.exit(f"error: {error}")

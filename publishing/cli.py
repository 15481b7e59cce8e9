"""The console script `report`."""

import importlib
import os
import sys
from pathlib import Path

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
def prepare() -> None:
    """Check references and bring findings up to date: the hook that Quarto runs before it renders."""
    from publishing.build import prepare as run
    from publishing.lock import hold
    from publishing.progress import Progress

    # Within `report build`, which holds the lock, there is nothing left to prepare.
    if os.environ.get("REPORT_PREPARED") != "1":
        book, progress = _book(), Progress()
        with hold(book.workshop, "report prepare", progress.say):
            run(book, progress)


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

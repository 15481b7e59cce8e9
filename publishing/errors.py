"""What can go wrong in making a book; each message says where, what was found and what to do."""

import yaml


class BookError(Exception):
    """A build, check or command cannot go on."""


class ConfigError(BookError):
    """`_quarto.yml` or `[tool.report]` cannot be used."""


class SourceError(BookError):
    """A chapter's text has a form that cannot be read."""


class UnresolvedError(BookError):
    """Cross-references, citation keys or links point nowhere."""


class ExecutionError(BookError):
    """A cell or an inline expression failed."""


class PipelineError(BookError):
    """The findings could not be brought up to date."""


class LockedError(BookError):
    """Another build of the same book is under way."""


class EngineError(BookError):
    """An engine is missing, too old, or failed to print."""


class FindingsError(BookError):
    """Findings files cannot be read."""


class ClaimError(BookError):
    """A claim in the text is ill-formed, or the findings do not satisfy it."""


class RevisionError(BookError):
    """An edition of the book to compare with cannot be had."""


class VerdictError(BookError):
    """A claim of a source note cannot be judged by its rule."""


def yaml_fault(error: yaml.YAMLError) -> tuple[int, str]:
    """The line of a text at which YAML cannot be read, counted from 1, and why."""
    mark = getattr(error, "problem_mark", None)
    words = [getattr(error, name, None) for name in ("context", "problem")]
    return (mark.line + 1 if mark else 1), ", ".join(str(w) for w in words if w) or str(error)

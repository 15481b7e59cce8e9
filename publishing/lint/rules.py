"""The rules: a code that a silence names, a short name, and what is wrong."""

from dataclasses import dataclass

from publishing.source import Place


@dataclass(frozen=True)
class Rule:
    """A rule; `fixable` says that `--fix` mends it wherever that is safe."""

    code: str
    name: str
    summary: str
    fixable: bool = False


RULES = {
    rule.code: rule
    for rule in (
        Rule("L101", "typed-number", "a number typed by hand, without a source in its sentence"),
        Rule("L102", "typed-words", "a result typed in words, such as “ten percent”"),
        Rule("L201", "unused-finding", "a finding that no chapter looks up"),
        Rule("L301", "no-alt-text", "a figure without alternative text, or with its caption repeated there"),
        Rule("L302", "unreferenced", "a figure or table that the text never refers to"),
        Rule("L401", "doubled-word", "a word that the reference prints already, as in “Figure @fig-x”", fixable=True),
        Rule("L402", "unknown-reference", "a cross-reference, label or link that points nowhere or stands twice"),
        Rule("L403", "unknown-citation", "a citation key that the bibliography does not have"),
        Rule("L404", "uncited", "an entry of the bibliography that no chapter cites"),
        Rule("L501", "construct", "Markdown outside the table of what both engines print"),
        Rule("L502", "unreadable", "a chapter that cannot be read"),
        Rule("L601", "unit", "a unit word that doubles or contradicts the unit of the finding before it"),
        Rule("L901", "silence-without-reason", "a silence that gives no reason"),
        Rule("L902", "silence-unknown", "a silence that names no known rule"),
        Rule("L903", "silence-unused", "a silence where there is nothing to silence", fixable=True),
    )
}


@dataclass(frozen=True)
class Edit:
    """A safe change of one line: the columns from `start` up to `end` go; `whole` takes the line away."""

    start: int
    end: int
    new: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Alarm:
    """A rule broken at a place; `edit` mends it, where that is safe."""

    place: Place
    code: str
    message: str
    edit: Edit | None = None

    @property
    def name(self) -> str:
        """The short name of the rule."""
        return RULES[self.code].name

    def __str__(self) -> str:
        return f"{self.place}: {self.code} {self.name}: {self.message}"

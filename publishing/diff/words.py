"""What the Markdown and the page of a comparison say alike."""

import re
from collections.abc import Sequence

from publishing.diff.report import Diff

_CODE = re.compile(r"(`+)((?:(?!`).)+?)\1")
FIELDS = {
    "value": "",
    "standard_error": "standard error",
    "p_value": "p",
    "smallest_p": "smallest possible p",
    "detectable": "minimum detectable effect",
}
HEADS = {
    "turned": "Verdicts turned",
    "turns": "Signs and significance turned",
    "changed": "Changed",
    "added": "Added",
    "removed": "Removed",
    "reworded": "Described otherwise",
    "reached": "To read again",
}


def noun(number: int, one: str) -> str:
    """A noun as it stands after a number."""
    return one if number == 1 else f"{one}s"


def count(number: int, one: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun(number, one)}"


def headline(found: Diff) -> str:
    """What turned, in a sentence."""
    if found.equal:
        return "Nothing differs."
    counts = found.counts
    parts = [
        count(n, one)
        for n, one in ((counts["verdicts"], "verdict"), (counts["conditions"], "condition"), (counts["signs"], "sign"))
        if n
    ]
    if counts["significance"]:
        parts.append(f"the significance of {count(counts['significance'], 'finding')}")
    return f"{capitalized(joined(parts))} turned." if parts else "Nothing turned."


def summary(found: Diff) -> str:
    """How many findings differ, and how many sentences, tables and figures print one of them."""
    counts = found.counts
    equal = f"{counts['equal']:,} equal ({found.tolerance})"
    if found.equal:
        return f"Findings: {equal}."
    kinds = (("changed", "changed"), ("added", "added"), ("removed", "removed"), ("reworded", "described otherwise"))
    parts = [f"{counts[name]:,} {words}" for name, words in kinds if counts[name]]
    reached = [count(n, kind.removesuffix("s")) for kind in ("sentences", "tables", "figures") if (n := counts[kind])]
    if counts["cells"]:
        reached.append(count(counts["cells"], "other cell"))
    where = joined(reached) or "no sentence, table or figure"
    printed = f" What differs is printed in {where}." if counts["changed"] + counts["added"] + counts["removed"] else ""
    return f"Findings: {', '.join([*parts, equal])}.{printed}"


def capitalized(text: str) -> str:
    """With its first letter a capital."""
    return text[:1].upper() + text[1:]


def joined(parts: Sequence[str]) -> str:
    """Parts of a list in a sentence."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def field_name(name: str) -> str:
    """How a field of a finding is called."""
    return FIELDS.get(name, name)


def with_code(text: str) -> list[tuple[str, bool]]:
    """A sentence in parts: text, and code without its backticks (True)."""
    parts: list[tuple[str, bool]] = []
    end = 0
    for span in _CODE.finditer(text):
        parts += [(text[end : span.start()], False), (span[2], True)]
        end = span.end()
    return [part for part in (*parts, (text[end:], False)) if part[0]]

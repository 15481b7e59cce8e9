"""Safe changes, written whole or not at all."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from publishing.errors import ConfigError
from publishing.lint.rules import Alarm, Edit


def _changed(text: str, edits: dict[int, list[Edit]]) -> str:
    lines = text.splitlines(keepends=True)
    for number, changes in edits.items():
        if any(change.whole for change in changes):
            lines[number - 1] = ""
            continue
        line = lines[number - 1]
        last = len(line)
        for change in sorted(changes, key=lambda c: c.start, reverse=True):
            if change.end > last:
                continue  # overlaps one that was made; the next run sees what is left
            line = line[: change.start] + change.new + line[change.end :]
            last = change.start
        lines[number - 1] = line
    return "".join(lines)


def fix(root: Path, alarms: Iterable[Alarm]) -> int:
    """Make the safe changes that alarms carry; returns how many alarms were mended.

    All files are prepared before the first is replaced, so that a failure leaves all as they were.

    Raises:
        ConfigError: a file cannot be written.
    """
    edits: dict[str, dict[int, list[Edit]]] = defaultdict(lambda: defaultdict(list))
    count = 0
    for alarm in alarms:
        if alarm.edit is not None and alarm.edit not in edits[alarm.place.file][alarm.place.line]:
            edits[alarm.place.file][alarm.place.line].append(alarm.edit)
            count += 1
    partials: list[tuple[Path, Path]] = []
    try:
        for name, changes in edits.items():
            if not changes:
                continue
            path = root / name
            text = path.read_bytes().decode("utf-8")
            partial = path.with_name(f".{path.name}.partial")
            partials.append((partial, path))
            partial.write_bytes(_changed(text, changes).encode("utf-8"))
            partial.chmod(path.stat().st_mode)
        for partial, path in partials:
            partial.replace(path)
    except OSError as error:
        raise ConfigError(f"{error.filename}: cannot be written ({error.strerror}); nothing was changed.") from error
    finally:
        for partial, _ in partials:
            partial.unlink(missing_ok=True)
    return count

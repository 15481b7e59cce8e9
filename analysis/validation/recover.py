"""Recoveries of all designs: what each `recover_*` module here says on data whose answer is known."""

import importlib
import pkgutil
from types import ModuleType

from analysis import validation
from analysis.validation.checks import Check

PREFIX = "recover_"


class RecoveryError(TypeError):
    """A `recover_*` module does not have the form that the suite needs."""


def modules(package: ModuleType = validation) -> list[str]:
    """Full names of the modules that recover a known effect, in order."""
    names = [m.name for m in pkgutil.iter_modules(package.__path__) if m.name.startswith(PREFIX)]
    return sorted(f"{package.__name__}.{name}" for name in names)


def collect(name: str, function: str, draws: int, seed: int) -> list[Check]:
    """The checks of a module's `recover`, or of its `limits`, which a module need not have.

    Raises:
        RecoveryError: the module has no `recover`, or it gives something else than checks.
    """
    call = getattr(importlib.import_module(name), function, None)
    if call is None and function == "limits":
        return []
    if not callable(call):
        raise RecoveryError(f"{name}: no function {function}(draws, seed); a recovery is called that")
    found = call(draws, seed)
    if not isinstance(found, list) or not all(isinstance(c, Check) for c in found) or not found:
        raise RecoveryError(f"{name}: {function} gave {found!r:.60}; allowed is a list of one Check or more")
    return found


def checks(draws: int, seed: int) -> list[Check]:
    """The recoveries of all designs."""
    return [c for name in modules() for c in collect(name, "recover", draws, seed)]


def limits(draws: int, seed: int) -> list[Check]:
    """Checks of all designs that are known to fail: where a method falls short."""
    return [c for name in modules() for c in collect(name, "limits", draws, seed)]

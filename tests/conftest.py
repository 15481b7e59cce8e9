"""For all tests: linear algebra on one thread, no deadlines, and the files that take longest handed out first."""

import os

# Each process of `pytest -n` has a core of its own; threads that wait for one another would take the others' time.
# It has to be set before anything loads a library of linear algebra.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

# How long an example takes depends on what else the machine does; `make bench` is about speed.
settings.register_profile("report", deadline=None)
settings.load_profile("report")

# A file is one worker's; were these handed out last, all others would wait for one. The rest keep their order.
LONGEST = ("test_report.py", "test_committed_data.py", "test_build.py", "test_running_anew.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--random-edits", type=int, default=20, help="how many random edits books are built after")
    parser.addoption("--random-seed", type=int, default=1, help="what the random edits of the first book come from")

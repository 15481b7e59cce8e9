import dataclasses

from analysis.designs.weights import contiguity
from analysis.validation.recover_space import recover_on
from tests.analysis.designs.grid import grid


def test_known_parameters_are_recovered_on_a_grid() -> None:
    data, pairs, _ = grid(side=8)
    checks = recover_on(contiguity(data, pairs, unit="unit"), draws=20, seed=4)
    assert {c.name for c in checks} >= {"rho", "lambda", "total effect", "rho: coverage"}
    assert not [c for c in checks if not c.passed]
    rho = next(c for c in checks if c.name == "rho")
    assert not dataclasses.replace(rho, expected=rho.expected - 0.25).passed

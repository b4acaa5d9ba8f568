"""Bounds that a test makes small in a running program, so that their edge is met within seconds.

A copy of the warm process that finds them in its environment sets them before it begins.
"""

import importlib
import os
from collections.abc import Mapping

VARIABLE = "CUSTOS_RIG_BOUNDS"


def env_of(bounds: Mapping[str, int]) -> dict[str, str]:
    """For the environment of a program: its constants, each ``module.NAME``."""
    return {VARIABLE: ",".join(f"{name}={value}" for name, value in bounds.items())}


def install() -> None:
    """In the program's process: set what its environment names."""
    for bound in filter(None, os.environ.get(VARIABLE, "").split(",")):
        place, _, value = bound.partition("=")
        module, _, name = place.rpartition(".")
        found = importlib.import_module(module)
        assert isinstance(getattr(found, name), int), f"{place} is no bound"
        setattr(found, name, int(value))

"""``python -m bench missing``: early warnings on Cargo 2000; a million open parcels."""

from bench.missing.cargo_trial import measure_cargo
from bench.missing.million import measure_hub


def measure() -> dict[str, object]:
    """Play every method on every seed of both tracks; then load the hub with a million parcels."""
    return {"cargo2000": measure_cargo(), "hub": measure_hub()}

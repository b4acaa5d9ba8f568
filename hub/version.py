"""Which Custos this is."""

from importlib.metadata import PackageNotFoundError, version


def custos_version() -> str:
    """The installed distribution's version; "0" in a tree that was never installed."""
    try:
        return version("custos")
    except PackageNotFoundError:
        return "0"

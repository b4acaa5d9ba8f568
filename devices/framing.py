"""Which scanner protocols there are, and the framer of each.

Pure. Source: interface (edge.toml, "Scanner bytes"). The bytes: ``devices.records`` (plain,
honeywell), ``devices.ssi``, ``devices.newland``.
"""

from enum import StrEnum

from devices.frames import Framer
from devices.newland import NewlandFramer
from devices.records import AimFramer, PlainFramer
from devices.ssi import SsiFramer


class ScannerProtocol(StrEnum):
    """The scanner protocols (interface: edge.toml)."""

    PLAIN = "plain"
    HONEYWELL = "honeywell"
    SSI = "ssi"
    NEWLAND = "newland"


def parse_protocol(text: str) -> ScannerProtocol:
    """Read a protocol's name from the config.

    Raises:
        ValueError: unknown; one sentence.
    """
    try:
        return ScannerProtocol(text)
    except ValueError as error:
        known = ", ".join(ScannerProtocol)
        raise ValueError(f"scanner protocol {text[:40]!r} is unknown; there are {known}") from error


def make_framer(protocol: ScannerProtocol) -> Framer:
    """A fresh framer for one cable."""
    match protocol:
        case ScannerProtocol.PLAIN:
            return PlainFramer()
        case ScannerProtocol.HONEYWELL:
            return AimFramer()
        case ScannerProtocol.SSI:
            return SsiFramer()
        case ScannerProtocol.NEWLAND:
            return NewlandFramer()


def always_sends_aim(protocol: ScannerProtocol) -> bool:
    """Say whether the scanner is set to send AIM ids, so that one without was reprogrammed.

    ``ssi`` needs none: every packet tells its symbology.
    """
    return protocol in {ScannerProtocol.HONEYWELL, ScannerProtocol.NEWLAND}


def acknowledges(protocol: ScannerProtocol) -> bool:
    """Say whether the scanner tells that it took a command."""
    return protocol in {ScannerProtocol.SSI, ScannerProtocol.NEWLAND}

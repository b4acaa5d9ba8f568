"""Bytes as people read them: offset, hex, and what is printable."""

BYTES_A_LINE = 16
BYTES_SHOWN_MAX = 4_096
_PRINTABLE = range(0x20, 0x7F)


def hex_lines(raw: bytes) -> list[str]:
    """The first ``BYTES_SHOWN_MAX`` bytes, sixteen a line."""
    shown = raw[:BYTES_SHOWN_MAX]
    return [
        _line(offset, shown[offset : offset + BYTES_A_LINE])
        for offset in range(0, len(shown), BYTES_A_LINE)
    ]


def _line(offset: int, part: bytes) -> str:
    hexes = part.hex(" ").ljust(3 * BYTES_A_LINE - 1)
    said = "".join(chr(each) if each in _PRINTABLE else "." for each in part)
    return f"{offset:06x}  {hexes}  {said}"

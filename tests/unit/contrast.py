"""WCAG 2.2 contrast of the colours that a stylesheet's tokens name."""

import re

AA_TEXT = 4.5
AA_LARGE = 3.0

_BLOCK = re.compile(r"([^{}]+)\{([^{}]*)\}")
_TOKEN = re.compile(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6});")


def tokens(css: str, selector: str) -> dict[str, str]:
    """The ``--name: #rrggbb`` tokens of one selector's blocks."""
    found: dict[str, str] = {}
    for block in _BLOCK.finditer(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)):
        if block[1].strip() == selector:
            found.update(_TOKEN.findall(block[2]))
    return found


def ratio(one: str, other: str) -> float:
    """Contrast of two ``#rrggbb`` colours: 1 (none) to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

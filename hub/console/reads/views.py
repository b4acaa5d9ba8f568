"""What the screen of skipped scans shows, as values; ``None`` is a gap."""

from dataclasses import dataclass

from hub.missing.service import Change, ReadMedians, SiteReads


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One site with its name, and how it stands to the median of all."""

    figures: SiteReads
    name: str | None
    against: Change


@dataclass(frozen=True, slots=True)
class Scale:
    """Where the pictures of all rows begin and end, so that they can be compared.

    ``floor``: the share of scans made at the left end, whose right end is 1. ``tallest``: the share
    of scans skipped that fills a day's whole column.
    """

    floor: float
    tallest: float

    def place(self, share: float) -> float:
        """Where a share of scans made stands, 0 to 1; what is below the floor stands on it."""
        return max(0.0, (share - self.floor) / (1 - self.floor))


@dataclass(frozen=True, slots=True)
class ReadSight:
    """Sites, those that skip most first; ``total``: how many there are, shown here or not."""

    days: int
    rows: tuple[ReadRow, ...]
    total: int
    medians: ReadMedians
    scale: Scale
    chosen: ReadRow | None

"""What a camera looks at. Pure."""

from typing import Protocol

from simulators.cameras.pictures import Picture, Size
from simulators.cameras.surroundings import DAYLIGHT, Conditions, Passage


class Scene(Protocol):
    """A belt or a cage: each picture follows from the moment and the conditions alone."""

    size: Size

    def frame(self, at_ms: int, conditions: Conditions = DAYLIGHT) -> Picture:
        """The picture at ``at_ms`` since 1970; the caller may change it."""
        ...

    def in_view(self, from_ms: int, to_ms: int) -> tuple[Passage, ...]:
        """Which waybills' labels are wholly inside the picture between both moments."""
        ...

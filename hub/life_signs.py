"""Signs of life that roles give their supervisor: one that hangs is found out as one that died is.

They stand in memory that the hub's processes share and not in the database, which may be what a
role waits for: then the role still turns, and to kill it would help nobody.
"""

import mmap
import struct
from collections.abc import Sequence

from hub.heartbeat import Role

_COUNT = struct.Struct("<Q")


class LifeSigns:
    """A counter for each role, made before the roles are; what a copy counts, all see."""

    def __init__(self, roles: Sequence[Role]) -> None:
        self._places = {role: _COUNT.size * n for n, role in enumerate(roles)}
        self._memory = mmap.mmap(-1, _COUNT.size * max(1, len(roles)))

    def give(self, role: Role) -> None:
        """The role has come round in its outermost loop."""
        _COUNT.pack_into(self._memory, self._places[role], self.given(role) + 1)

    def given(self, role: Role) -> int:
        """How often it has."""
        return int(_COUNT.unpack_from(self._memory, self._places[role])[0])

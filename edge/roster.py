"""What the site pack says to the station: who and what is known here, shifts, searches.

Pure. Without a pack nothing is known and nothing is called unknown. Source: design section 3
("site pack").
"""

from zoneinfo import ZoneInfo

from edge.page_state import PersonView, PlaceView
from edge.shifts import NO_SHIFTS, Shifts
from wire.site_pack import SelfCheckTask, SitePack


class Roster:
    """One pack, ready for looking things up; None is a station that never had one."""

    def __init__(self, pack: SitePack | None) -> None:
        self.pack = pack
        self.shifts = NO_SHIFTS
        self.tasks: dict[int, SelfCheckTask] = {}
        self._names: dict[str, str] = {}
        self._places: frozenset[str] = frozenset()
        if pack is not None:
            self.shifts = Shifts(ZoneInfo(pack.timezone), pack.shifts)
            self.tasks = {task.incident: task for task in pack.tasks}
            self._names = {person.by: person.name for person in pack.staff}
            self._places = frozenset(place.id for place in pack.places)

    @property
    def version(self) -> int:
        """The pack's version; 0 without one."""
        return self.pack.version if self.pack else 0

    def person(self, by: str | None) -> PersonView | None:
        """Whom a pseudonym means; None is nobody."""
        if by is None:
            return None
        name = self._names.get(by)
        return PersonView(by=by, name=name, unknown=self.pack is not None and name is None)

    def place(self, place: str | None) -> PlaceView | None:
        """A place as people see it; one that the pack does not list is stored all the same (P4)."""
        if place is None:
            return None
        return PlaceView(id=place, unknown=self.pack is not None and place not in self._places)


NO_ROSTER = Roster(None)

"""The import contract of the hub's rooms, for import-linter. Source: design section 2.

A room has five doors, and each may know only those behind it:
``api -> service -> store -> rules`` and ``project -> store | rules``. Another room is entered
through its ``service`` alone. A door that is too much for one file is a package: its modules may
know each other. ``hub.app`` puts the rooms together and may see every door; the
rest of the frame may use services. Nobody knows ``hub.app`` but the program, ``hub.cli``.
"""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

BEHIND = {
    "api": {"service", "rules"},
    "service": {"store", "rules"},
    "project": {"store", "rules"},
    "store": {"rules"},
    "rules": set[str](),
}
COMPOSITION_ROOT = "hub.app"
PROGRAM = "hub.cli"


class RoomsContract(Contract):
    """Keep the rooms apart; ``rooms`` and ``frame`` name every package in ``hub``."""

    type_name = "rooms"

    rooms = fields.SetField(subfield=fields.StringField())
    frame = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002  # theirs
        """Judge every direct import between two modules of the hub."""
        rooms: set[str] = set(self.rooms)  # type: ignore[call-overload]  # a field at class level
        known = rooms | set(self.frame)  # type: ignore[call-overload]  # a field at class level
        refused = [
            f"{name} is neither a room nor part of the frame"
            for name in sorted(graph.find_children("hub"))
            if graph.find_children(name) and name.removeprefix("hub.") not in known
        ]
        refused += [
            f"{importer} -> {imported}"
            for importer in sorted(graph.find_descendants("hub"))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if imported.startswith("hub.") and not is_allowed(importer, imported, rooms)
        ]
        return ContractCheck(kept=not refused, metadata={"refused": refused})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line an import that breaks the contract."""
        for line in check.metadata["refused"]:
            output.print_error(line)


def is_allowed(importer: str, imported: str, rooms: set[str]) -> bool:
    """Say whether one module of the hub may import another."""
    if importer == COMPOSITION_ROOT:
        return True
    from_room, from_door = _place(importer, rooms)
    to_room, to_door = _place(imported, rooms)
    if to_room is None:
        return imported != COMPOSITION_ROOT or importer == PROGRAM
    if from_room != to_room:
        return to_door == "service"
    if from_door == to_door:
        return True
    if from_door not in BEHIND or to_door not in BEHIND:
        return to_door != "api"
    # A door may be a package: its modules know each other.
    return to_door == from_door or to_door in BEHIND[from_door]


def _place(module: str, rooms: set[str]) -> tuple[str | None, str]:
    parts = module.split(".")
    if len(parts) < 2 or parts[1] not in rooms:
        return None, ""
    return parts[1], parts[2] if len(parts) > 2 else ""

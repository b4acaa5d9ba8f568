"""How the hub is, in the bar on top: a quiet wall must be provably quiet."""

from enum import StrEnum

from hub.console.feed import Snapshot
from hub.console.markup import age, attribute, box, icon, text
from hub.console.views import EdgeSight, Health, Ingest
from hub.console.wording import Words


class Trouble(StrEnum):
    """Why new scans cannot reach the wall."""

    DOWN = "down"
    DEAF = "deaf"
    BLIND = "blind"
    """The database does not answer: nobody knows."""


def trouble_of(snapshot: Snapshot) -> Trouble | None:
    """What is wrong, if anything; before the first look nobody can say."""
    if snapshot.beat == 0:
        return None
    if snapshot.health is None:
        return Trouble.BLIND
    return {Ingest.DOWN: Trouble.DOWN, Ingest.DEAF: Trouble.DEAF}.get(snapshot.health.ingest)


def draw_vitals(words: Words, health: Health | None, trouble: Trouble | None) -> None:
    """Draw the state in a word, the last event's age, and how many edges are online."""
    if health is None and trouble is None:
        return
    with box("span", f"vital {'m-green' if trouble is None else 'm-red'}"):
        icon("pulse" if trouble is None else "alarm")
        text(words.say("health.live" if trouble is None else "health.dead"))
    if health is None:
        return
    with box("span", "vital"):
        text(words.say("health.event"), "label")
        if health.last_event_at is None:
            text(words.say("health.event.none"))
        else:
            age(health.last_event_at, words.exact(health.last_event_at))
    _draw_sites(words, health.edges)


def _draw_sites(words: Words, edges: tuple[EdgeSight, ...]) -> None:
    """How many sites are online; one is when all its stations are."""
    if not edges:
        text(words.say("health.edges.none"), "vital label")
        return
    sites = {edge.site for edge in edges}
    offline = {edge.site for edge in edges if not edge.is_online}
    with box("span", "vital m-amber" if offline else "vital") as vital:
        text(words.say("health.sites"), "label")
        online = len(sites) - len(offline)
        text(words.say("health.sites.count", online=online, all=len(sites)), "figure")
    attribute(vital, "title", "\n".join(_edge_line(words, edge) for edge in edges))


def _edge_line(words: Words, edge: EdgeSight) -> str:
    if edge.heard_at is None:
        return f"{edge.site}/{edge.edge}: {words.say('health.edge.never')}"
    depth = words.say("health.edge.depth", depth=edge.depth)
    return f"{edge.site}/{edge.edge}: {words.exact(edge.heard_at)}, {depth}"

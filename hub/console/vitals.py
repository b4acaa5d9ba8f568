"""How the hub is, in the bar on top: a quiet wall must be provably quiet."""

from enum import StrEnum

from hub.console.feed import Snapshot
from hub.console.tree import Tree, age, branch, icon
from hub.console.views import EdgeSight, Health, Ingest
from hub.console.wording import Words


class Trouble(StrEnum):
    """Why new scans cannot reach the wall."""

    DOWN = "down"
    DEAF = "deaf"
    FULL = "full"
    BLIND = "blind"
    """The database does not answer: nobody knows."""


_TROUBLES = {
    Ingest.DOWN: Trouble.DOWN,
    Ingest.DEAF: Trouble.DEAF,
    Ingest.FULL: Trouble.FULL,
}


def trouble_of(snapshot: Snapshot) -> Trouble | None:
    """What is wrong, if anything; before the first look nobody can say."""
    if snapshot.beat == 0:
        return None
    if snapshot.health is None:
        return Trouble.BLIND
    return _TROUBLES.get(snapshot.health.ingest)


def vitals(words: Words, health: Health | None, trouble: Trouble | None) -> list[Tree]:
    """The state in a word, the last event's age, and how many sites are online."""
    if health is None and trouble is None:
        return []
    colour, picture, said = (
        ("m-green", "pulse", "health.live")
        if trouble is None
        else ("m-red", "alarm", "health.dead")
    )
    live = branch("span", f"vital {colour}", icon(picture), branch("span", "", words.say(said)))
    if health is None:
        return [live]
    label = branch("span", "label", words.say("health.event"))
    at = health.last_event_at
    last = branch("span", "", words.say("health.event.none")) if at is None else age(at, words)
    return [live, branch("span", "vital", label, last), _sites(words, health.edges)]


def _sites(words: Words, edges: tuple[EdgeSight, ...]) -> Tree:
    """How many sites are online; one is when all its stations are."""
    if not edges:
        return branch("span", "vital label", words.say("health.edges.none"))
    sites = {edge.site for edge in edges}
    offline = {edge.site for edge in edges if not edge.is_online}
    online = words.say("health.sites.count", online=len(sites) - len(offline), all=len(sites))
    return branch(
        "span",
        "vital m-amber" if offline else "vital",
        branch("span", "label", words.say("health.sites")),
        branch("span", "figure", online),
        title="\n".join(_edge_line(words, edge) for edge in edges),
    )


def _edge_line(words: Words, edge: EdgeSight) -> str:
    if edge.heard_at is None:
        return f"{edge.site}/{edge.edge}: {words.say('health.edge.never')}"
    depth = words.say("health.edge.depth", depth=edge.depth)
    return f"{edge.site}/{edge.edge}: {words.exact(edge.heard_at)}, {depth}"

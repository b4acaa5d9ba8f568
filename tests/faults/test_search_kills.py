"""HV-2.11.2 by the real programs: a parcel goes silent, is searched, counted as lost, and found.

Once undisturbed, and once with the hub killed after every step: each timer fires once, each mail
has one Message-ID, nothing is forgotten. Source: design section 7.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.rig.personal import PERSON, personal_in
from tests.rig.programs import metrics_of, wait_until
from tests.rig.search import SearchHouse, open_search_house

WAYBILL = "103000000001"
POLICY = """\
[missing]
late_min = 20
false_per_1000 = 700
[incident]
follow_up_min = 20
lost_h = 2
"""
"""One scan that is late is enough: the search begins within seconds, and so does each wait."""
STEPS = (
    "declared",
    "scanned",
    "suspected",
    "written",
    "triaged",
    "reminded",
    "escalated",
    "reported",
    "lost",
    "found",
)
TRIAGE = {"level": "region", "abnormal_site": "755W", "note": "not seen off the truck"}


def search(house: SearchHouse, after: Callable[[str], None]) -> dict[str, Any]:
    """Play the whole search; ``after`` is told of each step that was seen to have happened."""
    order = {
        "declared_value_cny": "30000",
        "origin": "755A",
        "destination": "021W",
        "recipient": PERSON,
    }
    status, body = house.hub.call("PUT", f"parcels/{WAYBILL}", order)
    assert status == 200, body
    after("declared")
    house.scan("755A", "CX:STEP:depart")
    house.scan("755A", WAYBILL)
    wait_until(lambda: house.edges["755A"].depth() == 0, "the scan is at the hub", 30)
    after("scanned")
    house.wait_state(WAYBILL, "self_check", 90)
    after("suspected")
    wait_until(lambda: house.mailbox.taken, "the link before has its mail", 30)
    after("written")
    incident = house.incident(WAYBILL)
    assert incident is not None
    status, body = house.hub.call("POST", f"incidents/{incident['id']}/triage", TRIAGE)
    assert status == 200, body
    after("triaged")
    wait_until(lambda: raised(house, "follow_up_late"), "nobody has followed up in time", 60)
    after("reminded")
    house.wait_state(WAYBILL, "escalated", 60)
    after("escalated")
    wait_until(lambda: len(set(house.mailbox.message_ids)) >= 3, "the region has its mail", 30)
    after("reported")
    house.wait_state(WAYBILL, "lost", 60)
    after("lost")
    # Handed over to somebody, it is silent for good reason from here on.
    house.scan("021W", "CX:STEP:deliver")
    house.scan("021W", WAYBILL)
    found = house.wait_state(WAYBILL, "found", 30)
    after("found")
    return found


def raised(house: SearchHouse, kind: str) -> list[dict[str, Any]]:
    """The alerts of a kind."""
    items = house.hub.get("alerts?limit=1000")["items"]
    return [each for each in items if each["kind"] == kind]


def all_sent(incident: dict[str, Any] | None) -> dict[str, Any] | None:
    """The incident, once none of its mails waits."""
    assert incident is not None
    return incident if all(mail["state"] == "sent" for mail in incident["mails"]) else None


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("killed", [False, True], ids=["undisturbed", "killed after every step"])
def test_a_silent_parcel_is_suspected_searched_and_found_at_a_third_site(
    tmp_path: Path, killed: bool
) -> None:
    seen: list[str] = []
    with open_search_house(tmp_path, POLICY) as house:

        def after(step: str) -> None:
            seen.append(step)
            if killed:
                house.kill_hub()

        search(house, after)
        # A server's "250" is written down a moment after it was given.
        found = wait_until(lambda: all_sent(house.incident(WAYBILL)), "each mail is sent", 30)
        incidents = house.hub.get("incidents")["items"]
        told = {kind: raised(house, kind) for kind in ("follow_up_late", "escalated", "lost")}
        metrics = [metrics_of(each.url) for each in (house.hub, *house.edges.values())]
    assert all(metrics)
    assert [personal_in(each) for each in metrics] == [[]] * len(metrics)
    assert tuple(seen) == STEPS
    assert [item["waybills"] for item in incidents] == [[WAYBILL]]
    assert (found["site"], found["previous_site"]) == ("755W", "755A")

    acts = Counter(line["act"] for line in found["history"])
    once = ("opened", "triaged", "escalated", "lost", "seen", "found")
    assert {acts[each] for each in once} == {1}, acts
    assert {kind: [each["count"] for each in alerts] for kind, alerts in told.items()} == {
        kind: [1] for kind in told
    }

    written = [mail["message_id"] for mail in found["mails"]]
    assert len(set(written)) == len(written) == 3
    # At least once each: a hub that dies after the server's "250" sends again, under the same id.
    assert set(house.mailbox.message_ids) == set(written)
    recipients = {to for each in house.mailbox.recipients for to in each}
    assert recipients == {"desk@755w.example", "ops@south.example"}

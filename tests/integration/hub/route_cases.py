"""For every route of the hub: how to ask it for what is of a site. A new route needs a case here.

A case makes what it asks for, so that the cases do not need each other. ``HERE`` and ``THERE`` are
two sites; whatever is of a site has the site's code in what a route tells of it.
"""

from decimal import Decimal

from hub.access.accounts import add_account, list_tokens, make_token
from hub.access.badges import print_badge
from hub.access.rules import Role
from hub.alerts.service import AlertKind, Finding, raise_alert
from hub.dispatch.rules import Window
from hub.dispatch.store import add_entry, add_list, find_shift, put_receipt
from hub.incidents.service import Document, Suspicion, attach, open_incident
from hub.ingest.service import quarantined
from hub.missing import read_store, suspect_store
from hub.missing.rules.reads import Owed, Passing, Tally
from hub.missing.rules.worth import Value, ValueBasis
from hub.missing.service import Asked, record_query
from hub.missing.service.models import ModelState
from hub.network import Network, Staff
from hub.parcels.declaring import declare_parcel
from hub.parcels.service import Declaration, Manifest, ManifestKind, put_manifest
from ledger.signing import seal
from tests.hub_parts import START, HubHome, SigningEdge
from tests.integration.hub.playback_cases import PLAYBACK_CASES
from tests.integration.hub.route_asks import (
    HERE,
    THERE,
    WAYBILL,
    Ask,
    Case,
    Kind,
    listed,
    plain,
    thing,
)
from tests.integration.hub.signed_return_cases import SIGNED_RETURN_CASES
from tests.integration.hub.video_cases import VIDEO_CASES, furnish_footage
from tests.model_parts import DRIFTED, TESTED, make_model, with_drifts
from wire.names import Result, Step
from wire.site_pack import Duty
from wire.topics import Channel

NO_HASH = "$argon2id$nothing"


def furnish(hub: HubHome) -> None:
    """Put at both sites an edge with scans and a camera, a breach, a wanted entry, a search."""
    for site in (HERE, THERE):
        edge = hub.enrol(SigningEdge(site=site, spool=f"{1 + int(site == HERE):032x}"))
        scan = edge.scan(WAYBILL[site], result=Result.HV, text=WAYBILL[site])
        moved = edge.scan(WAYBILL[site], result=Result.STOP, step=Step.DEPART)
        lines = [edge.line(scan), edge.line(moved), edge.raw_line(b"no line")]
        hub.take(edge.batch(lines), site=site)
        hub.take(seal(edge.state(), edge.key), Channel.STATE, site)
        hub.put_wanted(f"{WAYBILL[site]}-{site}", scope=(site,))
        make_incident(hub, site)
        _make_dispatch(hub, site)
        make_suspect(hub, site)
        count_reads(hub, site)
        furnish_footage(hub, edge, site)
    report = with_drifts(TESTED, **{f"_{site}": DRIFTED for site in (HERE, THERE)})
    with hub.database.writing() as tx:
        make_model(tx, ModelState.REPLACED, START, report)


def make_suspect(hub: HubHome, site: str) -> None:
    incident_id = make_incident(hub, site)
    with hub.database.writing() as tx:
        value = Value(Decimal(30_000), ValueBasis.DECLARED)
        suspect_store.add(
            tx, suspicion(site), WAYBILL[site], incident_id, START, value, high_value=True
        )
        record_query(tx, Asked(site), f"li of {site}", 1, START, by_token=False)


def count_reads(hub: HubHome, site: str) -> None:
    with hub.database.writing() as tx:
        read_store.add(tx, {Owed(START.date(), site, Passing.IN): Tally(made=1)})


def make_incident(hub: HubHome, site: str) -> int:
    with hub.database.writing() as tx:
        return open_incident(tx, hub.search(), suspicion(site), START)


def suspicion(site: str) -> Suspicion:
    return Suspicion(
        kind="parcel",
        subject=WAYBILL[site],
        waybills=(WAYBILL[site],),
        site=site,
        previous_site=None,
        since=START,
        expected_site=site,
        expected_by=START,
        p_lost=None,
        tier="T0",
        reasons_zh=(site,),
        reasons_en=(site,),
    )


def _alert(act: str) -> Case:
    def make(hub: HubHome, site: str) -> Ask:
        hub.clock.move(1)
        finding = Finding(AlertKind.EDGE_REFUSED, f"{site}/{hub.clock.now()}", START, site=site)
        with hub.database.writing() as tx:
            alert_id = raise_alert(tx, finding, START)
        return Ask(f"/api/v1/alerts/{alert_id}/{act}")

    return thing(make)


def _incident(act: str, **body: object) -> Case:
    def make(hub: HubHome, site: str) -> Ask:
        fields = {name: site if value == "SITE" else value for name, value in body.items()}
        incident_id = make_incident(hub, site)
        return Ask(f"/api/v1/incidents/{incident_id}{act}", json=fields or None)

    return thing(make)


def _attachment(hub: HubHome, site: str) -> Ask:
    incident_id = make_incident(hub, site)
    document = Document("note.txt", site.encode(), False, "found")
    with hub.database.writing() as tx:
        attach(tx, hub.search(), incident_id, document, "li", START)
        (row,) = tx.exec_driver_sql(
            f"SELECT sha256 FROM incident_attachment WHERE incident_id = {incident_id} LIMIT 1"
        ).all()
    return Ask(f"/api/v1/incidents/{incident_id}/attachments/{row.sha256}?unmask=police")


def _parcel(hub: HubHome, site: str) -> Ask:
    declaration = Declaration(None, site, site, None, None, None)
    with hub.database.writing() as tx:
        declare_parcel(tx, WAYBILL[site], declaration, "li", hub.role.policy, START)
    return Ask(f"/api/v1/parcels/{WAYBILL[site]}")


def _custody(_hub: HubHome, site: str) -> Ask:
    return Ask(f"/api/v1/parcels/{WAYBILL[site]}/custody")


def _declaration(_hub: HubHome, site: str) -> Ask:
    return Ask(f"/api/v1/parcels/{WAYBILL[site]}", json={"origin": site, "destination": site})


def _manifest(hub: HubHome, site: str) -> Ask:
    said = Manifest(site, ManifestKind.BAG, site, site, (WAYBILL[site],), "li", START)
    with hub.database.writing() as tx:
        put_manifest(tx, said)
    return Ask(f"/api/v1/manifests/{site}")


def _manifest_order(_hub: HubHome, site: str) -> Ask:
    order = {"kind": "bag", "from": site, "to": site, "waybills": [WAYBILL[site]]}
    return Ask(f"/api/v1/manifests/{site}", json=order)


def _make_dispatch(hub: HubHome, site: str) -> int:
    """A list of a site that is its own dispatch centre; no network has to name it."""
    window = Window("day", START.date(), START, START)
    with hub.database.writing() as tx:
        found = find_shift(tx, site, window)
        if found is not None:
            return found.id
        times = ("ends_at", "last_depart_at", "list_due_at", "forward_due_at")
        row: dict[str, object] = {"centre": site, **dict.fromkeys(times, START)}
        list_id = add_list(tx, site, window, row)
        add_entry(tx, list_id, WAYBILL[site], START, is_presumed=False)
        put_receipt(tx, list_id, site, START, START)
    return list_id


def _quarantined(act: str, json: object = None) -> Case:
    def make(hub: HubHome, site: str) -> Ask:
        with hub.database.reading() as tx:
            (item,) = quarantined(tx, 0, 1, frozenset({site}))
        return Ask(f"/api/v1/quarantine/{item.id}/{act}", json=json)

    return thing(make)


def _spool(_hub: HubHome, site: str) -> Ask:
    spool = f"{1 + int(site == HERE):032x}"
    return Ask(f"/api/v1/edges/{site}/dock/spools/{spool}/close", json={"reason": "its disk died"})


def _dispatch(act: str) -> Case:
    return thing(lambda hub, site: Ask(f"/api/v1/dispatch/{_make_dispatch(hub, site)}{act}"))


def _wanted_order(_hub: HubHome, site: str) -> Ask:
    order = {"result": "wanted", "reason": "lost", "scope": [site]}
    return Ask(f"/api/v1/wanted/9{WAYBILL[site]}", json=order)


def _entry(hub: HubHome, site: str) -> Ask:
    waybill = f"8{WAYBILL[site]}"
    hub.put_wanted(waybill, scope=(site,))
    return Ask(f"/api/v1/wanted/{waybill}")


def make_account(hub: HubHome, name: str, role: Role, *sites: str) -> str:
    """An account, and a token of it."""
    with hub.database.writing() as tx:
        bound = frozenset(sites) or None
        add_account(tx, name, role, bound, NO_HASH, "test", hub.clock.now())
        return make_token(tx, name, "test", hub.clock.now(), hub.clock.random_bytes)[0]


def _account(end: str = "", **fields: object) -> Case:
    def make(hub: HubHome, _site: str) -> Ask:
        name = f"a{hub.clock.random_bytes(4).hex()}"
        make_account(hub, name, Role.MONITOR)
        return Ask(f"/api/v1/accounts/{name}{end}", **fields)  # type: ignore[arg-type]  # a test's

    return Case(Kind.PLAIN, make)


def _account_order(hub: HubHome, _site: str) -> Ask:
    name = f"b{hub.clock.random_bytes(4).hex()}"
    order = {"name": name, "role": "monitor", "sites": [HERE], "password": "long and plain"}
    return Ask("/api/v1/accounts", json=order)


def _token(hub: HubHome, _site: str) -> Ask:
    name = f"c{hub.clock.random_bytes(4).hex()}"
    make_account(hub, name, Role.MONITOR)
    with hub.database.reading() as tx:
        (token,) = list_tokens(tx, name)
    return Ask(f"/api/v1/accounts/{name}/tokens/{token.id}")


def _staff(hub: HubHome, site: str) -> Ask:
    badge = f"1{site}"
    with hub.database.writing() as tx:
        print_badge(tx, NETWORK, badge, "li", START, hub.clock.random_bytes)
    return Ask(f"/api/v1/staff/{badge}/token")


def _edge(end: str, **fields: object) -> Case:
    def make(hub: HubHome, site: str) -> Ask:
        edge = hub.enrol(SigningEdge(site=site, edge=f"e{hub.clock.random_bytes(4).hex()}"))
        return Ask(f"/api/v1/edges/{site}/{edge.edge}/{end}", **fields)  # type: ignore[arg-type]  # a test's

    return thing(make)


NETWORK = Network(
    staff=tuple(
        Staff(badge=f"1{site}", name="王小明", duty=Duty.COURIER, site=site)
        for site in (HERE, THERE)
    )
)

REASON = {"reason": "as the rule says"}
TRIAGE = {"level": "site", "abnormal_site": "SITE", "note": "not loaded"}

CASES: dict[str, Case] = {
    "GET /account": plain("/account"),
    "POST /account/password": plain("/account/password", form={"old": "x", "new": "y"}),
    "POST /account/choice": plain("/account/choice", form={"language": "en", "theme": "light"}),
    "POST /account/sessions": plain("/account/sessions"),
    "POST /logout": plain("/logout"),
    "GET /api/v1/me": plain("/api/v1/me"),
    "GET /api/v1/accounts": plain("/api/v1/accounts"),
    "POST /api/v1/accounts": Case(Kind.PLAIN, _account_order),
    "GET /api/v1/accounts/{name}": _account(),
    "PATCH /api/v1/accounts/{name}": _account(json={"disabled": True}),
    "PUT /api/v1/accounts/{name}/password": _account(
        "/password", json={"password": "another long one"}
    ),
    "DELETE /api/v1/accounts/{name}/sessions": _account("/sessions"),
    "GET /api/v1/accounts/{name}/tokens": _account("/tokens"),
    "POST /api/v1/accounts/{name}/tokens": _account("/tokens", json={"purpose": "report"}),
    "DELETE /api/v1/accounts/{name}/tokens/{token_id}": Case(Kind.PLAIN, _token),
    "GET /api/v1/staff": listed("/api/v1/staff"),
    "POST /api/v1/staff/{badge}/token": thing(_staff),
    "DELETE /api/v1/staff/{badge}/token": thing(_staff),
    "GET /console/labels": thing(lambda _hub, site: Ask(f"/console/labels?site={site}")),
    "POST /console/labels/badge": thing(
        lambda _hub, site: Ask("/console/labels/badge", form={"badge": f"1{site}"})
    ),
    "GET /api/v1/looks": plain("/api/v1/looks"),
    "GET /api/v1/about": plain("/api/v1/about"),
    "GET /api/v1/policy": plain("/api/v1/policy"),
    "GET /api/v1/openapi.json": plain("/api/v1/openapi.json"),
    "GET /api/v1/events": listed("/api/v1/events"),
    "GET /api/v1/edges": listed("/api/v1/edges"),
    "GET /api/v1/edges/{site}/{edge}/record": _edge("record"),
    "POST /api/v1/edges/{site}/{edge}/revoke": _edge("revoke", json=REASON),
    "POST /api/v1/edges/{site}/{edge}/replacement": _edge("replacement", json=REASON),
    "GET /api/v1/edges/{site}/{edge}/spools": thing(
        lambda _hub, site: Ask(f"/api/v1/edges/{site}/dock/spools")
    ),
    "POST /api/v1/edges/{site}/{edge}/spools/{spool}/close": thing(_spool),
    "GET /api/v1/devices": listed("/api/v1/devices"),
    "GET /api/v1/quarantine": listed("/api/v1/quarantine"),
    "POST /api/v1/quarantine/{item_id}/done": _quarantined("done", json={"reason": "looked at"}),
    "POST /api/v1/quarantine/{item_id}/again": _quarantined("again"),
    "GET /api/v1/parcels/{waybill}": thing(_parcel),
    "PUT /api/v1/parcels/{waybill}": thing(_declaration),
    **SIGNED_RETURN_CASES,
    **VIDEO_CASES,
    **PLAYBACK_CASES,
    "GET /api/v1/manifests/{manifest_id}": thing(_manifest),
    "PUT /api/v1/manifests/{manifest_id}": thing(_manifest_order),
    "GET /api/v1/dispatch": listed("/api/v1/dispatch"),
    "GET /api/v1/dispatch/{list_id}": _dispatch(""),
    "POST /api/v1/dispatch/{list_id}/send": _dispatch("/send"),
    "POST /api/v1/dispatch/{list_id}/forward": _dispatch("/forward"),
    "POST /api/v1/dispatch/{list_id}/receive": _dispatch("/receive"),
    "GET /api/v1/parcels/{waybill}/custody": thing(_custody),
    "GET /api/v1/breaches": listed("/api/v1/breaches"),
    "GET /api/v1/nobody-time": listed("/api/v1/nobody-time?since=2026-01-01T00:00:00Z"),
    "GET /api/v1/wanted": listed("/api/v1/wanted"),
    "GET /api/v1/wanted/{waybill}": thing(_entry),
    "PUT /api/v1/wanted/{waybill}": thing(_wanted_order),
    "DELETE /api/v1/wanted/{waybill}": thing(_entry),
    "GET /api/v1/suspects": listed("/api/v1/suspects"),
    "GET /api/v1/queries": listed("/api/v1/queries"),
    "GET /api/v1/reads": listed("/api/v1/reads"),
    "GET /api/v1/models": listed("/api/v1/models"),
    "GET /api/v1/incidents": listed("/api/v1/incidents"),
    "GET /api/v1/incidents/{incident_id}": _incident(""),
    "GET /api/v1/incidents/{incident_id}/attachments/{sha256}": thing(_attachment),
    "POST /api/v1/incidents/{incident_id}/checked": _incident("/checked", site="SITE", found=False),
    "POST /api/v1/incidents/{incident_id}/triage": _incident("/triage", **TRIAGE),
    "POST /api/v1/incidents/{incident_id}/follow_up": _incident(
        "/follow_up", site="SITE", **REASON
    ),
    "POST /api/v1/incidents/{incident_id}/stop": _incident("/stop", **REASON),
    "POST /api/v1/incidents/{incident_id}/release": _incident("/release", **REASON),
    "POST /api/v1/incidents/{incident_id}/confirm_lost": _incident("/confirm_lost", **REASON),
    "POST /api/v1/incidents/{incident_id}/attach": _incident(
        "/attach", name="a", content_b64="", note="n"
    ),
    "GET /api/v1/alerts": listed("/api/v1/alerts"),
    "POST /api/v1/alerts/{alert_id}/ack": _alert("ack"),
    "POST /api/v1/alerts/{alert_id}/accept": _alert("accept"),
    "POST /api/v1/alerts/{alert_id}/reject": _alert("reject"),
}

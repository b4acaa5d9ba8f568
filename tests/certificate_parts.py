"""Parts for tests of footage certificates: a handover at 15 s, and what is certified of it now."""

from dataclasses import dataclass

from hub.network import Network
from hub.video.media import WantedFile, note_stored
from hub.video.service import CertificateDuty, CertificateState, certificates_of
from hub.video.store.certificates import CameraShare, Certificate
from tests.footage_index_parts import DOCK, NETWORK, SITE, at, camera, segment, tell
from tests.hub_parts import HubHome, SigningEdge
from wire.events import Camera, CameraFact, Event, Scan, Segment
from wire.names import Result, Step, format_at

HV = "103000000001"
PRESENT, GAP = CertificateState.PRESENT, CertificateState.GAP
FILMS = {second: segment(second) for second in (10, 20, 30)}
MIDDLE = FILMS[20]


@dataclass
class Watching:
    """A hub that certifies the footage of one parcel's event."""

    hub: HubHome
    edge: SigningEdge
    network: Network = NETWORK

    def certify(self) -> Certificate:
        """One turn of the clock role."""
        with self.hub.database.writing() as tx:
            CertificateDuty(self.network).run(tx, self.hub.clock.now())
        with self.hub.database.reading() as tx:
            (found,) = certificates_of(tx, HV)
        return found

    def told(self, *events: Event) -> Certificate:
        """What is certified a second after these were told."""
        tell(self.hub, self.edge, *events)
        self.hub.clock.move(1)
        return self.certify()

    def share(self, name: str = DOCK) -> CameraShare:
        """A camera's part."""
        return next(each for each in self.certify().cameras if each.camera == name)

    def store(self, film: Segment) -> None:
        """The hub has a good copy."""
        wanted = WantedFile(film.sha256, SITE, "dock", DOCK, film.bytes)
        with self.hub.database.writing() as tx:
            note_stored(tx, wanted, self.hub.clock.now())


def watch_present(hub: HubHome, edge: SigningEdge) -> Watching:
    """All of the handover's footage is there."""
    found = Watching(hub, edge)
    hub.clock.move(40)
    assert found.told(*FILMS.values(), handover(edge)).state is PRESENT
    return found


def handover(edge: SigningEdge, place: str | None = "dock1", second: float = 15) -> Scan:
    """The event whose footage is certified."""
    when = format_at(at(second))
    return edge.scan(HV, at=when, result=Result.HV, step=Step.ARRIVE, place=place)


def begun(fact: CameraFact, told: float, since: float | None = None, **fields: object) -> Camera:
    """An edge tells that something is wrong with a picture."""
    began = None if since is None else format_at(at(since))
    return camera(fact, told, since=began, **fields)


def over(fact: CameraFact, told: float, since: float) -> Camera:
    """An edge tells that it is over."""
    return begun(fact, told, since, is_over=True)


def reasons(found: Certificate) -> list[str]:
    """Why there are gaps."""
    return [each.reason for share in found.cameras for each in share.coverage.gaps]


def damage(film: Segment, second: float = 35) -> Camera:
    """An edge finds a file of its own changed."""
    told = {"since": format_at(at(0)), "until": film.at, "segment": film.sha256}
    return camera(CameraFact.DAMAGED, second, reason="changed", **told)

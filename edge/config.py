"""edge.toml and its overrides from the environment, checked whole before anything starts.

Source: interface ("edge.toml"; ``CUSTOS_KEY``, ``CUSTOS_SECTION__KEY``; arrays only in the file).

    ConfigError    ours to say in one sentence: exit 2    (from OSError, TOML and pydantic's errors)
"""

import ipaddress
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, NamedTuple, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from devices.framing import ScannerProtocol, parse_protocol
from devices.ports import split_url, validate_url
from devices.tcp_listen import Network, parse_peers
from edge.clock import TestClock, parse_test_clock
from edge.enrolment import Token
from edge.failpoints import NO_FAIL_POINTS, FailPoints, parse_fail_points
from wire.limits import DEVICES_PER_EDGE_MAX
from wire.names import Step, is_name

MQTT_PORT = 1883
MQTTS_PORT = 8883
OPEN_WIRE = (
    "hub.mqtt leaves this machine in clear, and its broker lets in whoever reaches it: use "
    "mqtts:// with a broker that custos-hub broker has set up"
)
LISTEN_DEFAULT = "127.0.0.1:8081"
ENV_PREFIX = "CUSTOS_"
CAMERAS_MAX = 64
"""More channels than a machine of this class records (facts: about a hundred a core)."""
SECRET_CHARS_MAX = 256
_ONVIF = re.compile(r"http://[\w.:\[\]-]+(/[\w./~%-]*)?", re.ASCII)
_TOKEN = re.compile(rf"([\x21-\x7e]{{1,{SECRET_CHARS_MAX}}})\.([0-9a-f]{{64}})")


class ConfigError(Exception):
    """The configuration is wrong; the sentence says where and what."""


def _name(text: str) -> str:
    if not is_name(text):
        raise ValueError(f"{text[:40]!r} is no name: 1 to 32 of A-Z a-z 0-9 _ -")
    return text


def _address(text: str, schemes: tuple[str, ...]) -> SplitResult:
    parts = urlsplit(text)
    # urlsplit reads the port only when asked, and raises ValueError then.
    has_extra = parts.path not in {"", "/"} or parts.query or parts.username
    if parts.scheme not in schemes or not parts.hostname or has_extra:
        wanted = " or ".join(f"{scheme}://host:port" for scheme in schemes)
        raise ValueError(f"{text[:80]!r} must be {wanted}")
    if parts.port == 0:
        raise ValueError(f"{text[:80]!r} has no usable port")
    return parts


def _mqtt(text: str) -> str:
    _address(text, ("mqtt", "mqtts"))
    return text


def _http(text: str) -> str:
    _address(text, ("http", "https"))
    return text


def _token(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ValueError("a token is <secret>.<SHA-256 of the hub key>, as custos-hub enrol prints")
    return text


def _scanner_url(text: str) -> str:
    validate_url(text)
    return text


def _peers(texts: tuple[str, ...]) -> tuple[str, ...]:
    parse_peers(texts)
    return texts


def _listen(text: str) -> str:
    parts = urlsplit(f"//{text}")
    if parts.hostname is None or parts.port is None:
        raise ValueError(f"{text[:80]!r} must be address:port")
    return text


class Certificate(NamedTuple):
    """The files of a TLS certificate and its key, PEM."""

    cert: Path
    key: Path


Named = Annotated[str, AfterValidator(_name)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HubTable(_Table):
    """``[hub]``: where the hub is; ``token`` is used once."""

    mqtt: Annotated[str, AfterValidator(_mqtt)]
    http: Annotated[str, AfterValidator(_http)]
    token: Annotated[str, AfterValidator(_token)] | None = None


class ScannerTable(_Table):
    """``[[scanner]]``; ``by`` is a badge token; step, place and by are fixed values.

    ``peers``: the addresses and networks that may connect to a ``tcp-listen://`` url. Required
    where others than this machine could.
    """

    id: Named
    url: Annotated[str, AfterValidator(_scanner_url)]
    peers: Annotated[tuple[str, ...], AfterValidator(_peers)] = ()
    protocol: Annotated[str, AfterValidator(lambda text: parse_protocol(text).value)]
    step: Step | None = None
    place: Named | None = None
    by: Named | None = None

    def scanner_protocol(self) -> ScannerProtocol:
        """The protocol as the devices know it."""
        return ScannerProtocol(self.protocol)

    def peer_networks(self) -> tuple[Network, ...]:
        """``peers`` as the devices know them."""
        return parse_peers(self.peers)

    def listen_host(self) -> str | None:
        """The address that scanners connect to; None if this one does not listen."""
        if self.url.startswith("/"):
            return None
        address = split_url(self.url)
        return address.host if address.listens else None

    @model_validator(mode="after")
    def _has_peers_if_it_must(self) -> Self:
        host = self.listen_host()
        if host is None and self.peers:
            raise ValueError(f"scanner {self.id}: peers are for tcp-listen:// only")
        if host is not None and not is_loopback(host) and not self.peers:
            raise ValueError(
                f"scanner {self.id}: {self.url} can be reached by others: list its peers"
            )
        return self


def _camera_url(url: SecretStr) -> SecretStr:
    # Never quoted: an address may hold a password.
    parts = urlsplit(url.get_secret_value())
    is_file = parts.scheme in {"", "file"} and parts.path.startswith("/")
    if not is_file and not (parts.scheme == "rtsp" and parts.hostname):
        raise ValueError("must be rtsp://[user:password@]host[:port]/path, or a file's path")
    return url


def _onvif_url(url: SecretStr) -> SecretStr:
    # Never quoted: who wrote a password into it does not want it in a log.
    text = url.get_secret_value()
    try:
        has_port = urlsplit(text).port != 0
    except ValueError:
        has_port = False
    if not _ONVIF.fullmatch(text) or not has_port:
        raise ValueError("must be http://host[:port]/path, without a password: a time needs none")
    return url


class CameraTable(_Table):
    """``[[camera]]``; its addresses stay on this edge. ``onvif`` is its device service."""

    id: Named
    url: Annotated[SecretStr, AfterValidator(_camera_url)]
    onvif: Annotated[SecretStr, AfterValidator(_onvif_url)] | None = None


class StationTable(_Table):
    """``[station]``: where the station page is served.

    ``tls_cert`` and ``tls_key`` are PEM files; on any address but the loopback they are required,
    and there the network gets the handheld's page alone.
    """

    listen: Annotated[str, AfterValidator(_listen)] = LISTEN_DEFAULT
    tls_cert: Path | None = None
    tls_key: Path | None = None

    def certificate(self) -> Certificate | None:
        """The two files; None on the loopback."""
        if self.tls_cert is None or self.tls_key is None:
            return None
        return Certificate(self.tls_cert, self.tls_key)

    @model_validator(mode="after")
    def _has_tls_if_it_must(self) -> Self:
        is_local = is_loopback(urlsplit(f"//{self.listen}").hostname or "")
        if not is_local and self.certificate() is None:
            raise ValueError(
                f"listen {self.listen!r} is not this machine's loopback; others need tls_cert "
                "and tls_key, and serve paired handhelds alone"
            )
        if is_local and (self.tls_cert or self.tls_key):
            raise ValueError(f"listen {self.listen!r} is the loopback, which has no TLS")
        return self


class EdgeConfig(BaseSettings):
    """edge.toml, whole."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    site: Named
    edge: Named
    data_dir: Path
    hub: HubTable
    scanner: Annotated[tuple[ScannerTable, ...], Field(max_length=DEVICES_PER_EDGE_MAX)] = ()
    camera: Annotated[tuple[CameraTable, ...], Field(max_length=CAMERAS_MAX)] = ()
    station: StationTable = Field(default_factory=StationTable)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  pydantic passes all five by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  see above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  see above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment is laid over what the file says."""
        return env_settings, init_settings

    def mqtt_address(self) -> tuple[str, int]:
        """Host and port of the broker."""
        parts = urlsplit(self.hub.mqtt)
        return parts.hostname or "", parts.port or (MQTTS_PORT if self.has_tls() else MQTT_PORT)

    def has_tls(self) -> bool:
        """Whether the broker is reached by TLS, with a certificate."""
        return self.hub.mqtt.startswith("mqtts://")

    def is_wire_open(self) -> bool:
        """Whether what goes to the broker can be read, and written, on the way."""
        return not (self.has_tls() or is_loopback(self.mqtt_address()[0]))

    def listen_address(self) -> tuple[str, int]:
        """Host and port of the station page."""
        parts = urlsplit(f"//{self.station.listen}")
        return parts.hostname or "", parts.port or 0

    def token(self) -> Token | None:
        """The enrolment token in its two parts."""
        found = _TOKEN.fullmatch(self.hub.token or "")
        return Token(found[1], found[2]) if found else None

    def may_enrol_without_token(self) -> bool:
        """First use is for one machine alone: the hub's address must be loopback."""
        return is_loopback(urlsplit(self.hub.http).hostname or "")


def is_loopback(host: str) -> bool:
    """Say whether a host can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load_config(path: Path) -> EdgeConfig:
    """Read edge.toml with the environment laid over it.

    Raises:
        ConfigError: unreadable, not TOML, an unknown or missing key, or a wrong value.
    """
    for array in ("SCANNER", "CAMERA"):
        if f"{ENV_PREFIX}{array}" in os.environ:
            raise ConfigError(f"{ENV_PREFIX}{array}: arrays can be set in the file only")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    try:
        config = EdgeConfig(**table)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_sentence(error)}") from error
    ids = [scanner.id for scanner in config.scanner] + [camera.id for camera in config.camera]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"{path}: two devices are called {twice!r}")
    return config


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    match first["type"]:
        case "missing":
            return f"{key} is missing"
        case "extra_forbidden":
            return f"{key} is an unknown key"
        case _:
            return f"{key}: {first['msg'].removeprefix('Value error, ')}"


def settings_for_tests(config: EdgeConfig) -> tuple[TestClock | None, FailPoints]:
    """The test clock and fail-point of the environment.

    Raises:
        ConfigError: malformed, or one of them where a listener is not loopback.
    """
    try:
        test_clock = parse_test_clock(os.environ.get("CUSTOS_TEST_CLOCK"))
        fail_points = parse_fail_points(os.environ.get("CUSTOS_FAIL_POINT"))
    except ValueError as error:
        raise ConfigError(str(error)) from error
    hosts = [config.listen_address()[0], *(scanner.listen_host() for scanner in config.scanner)]
    if test_clock is not None and config.has_tls():
        raise ConfigError("CUSTOS_TEST_CLOCK does not go with mqtts://: TLS goes by the real time")
    is_all_loopback = all(is_loopback(host) for host in hosts if host)
    if test_clock is not None and not is_all_loopback:
        raise ConfigError("CUSTOS_TEST_CLOCK is for loopback listeners only")
    if fail_points is not NO_FAIL_POINTS and not is_all_loopback:
        raise ConfigError("CUSTOS_FAIL_POINT is for loopback listeners only")
    return test_clock, fail_points

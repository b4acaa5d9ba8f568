"""hub.toml: every key checked before anything starts. Source: interface (hub.toml).

ConfigError       ours: one sentence, exit 2
"""

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from email.utils import parseaddr
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

import msgspec

from hub.access.service import Enrolment
from hub.network import EMPTY, Network
from hub.network_file import parse_network
from wire.policy import Policy, keys_in, parse_policy

MQTT_SCHEMES = ("mqtt", "mqtts", "embedded")
MQTT_PORT = 1883
MQTTS_PORT = 8883
NETWORK_BYTES_MAX = 32 * 1024 * 1024
"""100,000 people and 5,000 sites fit."""


OPEN_WIRE = (
    "mqtt:// leaves this machine in clear, and its broker lets in whoever reaches it: "
    "use mqtts:// with the folder that custos-hub broker writes"
)

Security = Literal["none", "starttls", "tls"]

_PREFIX = "CUSTOS_"
_CHOICES = {"edges.enrolment": tuple(Enrolment), "smtp.security": get_args(Security)}
_NAMED_FIELD = re.compile(
    r"Object (?P<fault>contains unknown|missing required) field `(?P<key>.*)`"
)


class ConfigError(Exception):
    """The configuration cannot be used; the sentence says which key and why."""


class MqttScheme(StrEnum):
    """How the broker is reached; ``embedded``: the hub starts one itself, on loopback only."""

    MQTT = "mqtt"
    MQTTS = "mqtts"
    EMBEDDED = "embedded"


class EdgeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[edges]``: how a new edge is believed; ``first-use`` on loopback only."""

    enrolment: Enrolment = Enrolment.TOKEN


class SmtpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[smtp]``: the mail server; ``security = "none"`` is for one on this very machine."""

    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    security: Security = "starttls"
    user: str | None = None
    password_file: Path | None = None
    sender: str


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file; each key can be overridden by ``CUSTOS_KEY`` or ``CUSTOS_SECTION__KEY``.

    Relative paths count from the working directory.
    """

    data_dir: Path = Path("var/hub")
    database: str | None = None
    mqtt: str = f"embedded://127.0.0.1:{MQTT_PORT}"
    http: str = "127.0.0.1:8000"
    network: Path | None = None
    policy: Path | None = None
    edges: EdgeSettings = EdgeSettings()
    smtp: SmtpSettings | None = None

    def as_environment(self) -> dict[str, str]:
        """The environment in which another program of this machine finds the same hub."""
        found = {
            "CUSTOS_DATA_DIR": str(self.data_dir),
            "CUSTOS_DATABASE": self.database,
            "CUSTOS_MQTT": self.mqtt,
            "CUSTOS_HTTP": self.http,
            "CUSTOS_NETWORK": None if self.network is None else str(self.network),
            "CUSTOS_POLICY": None if self.policy is None else str(self.policy),
        }
        return {name: value for name, value in found.items() if value is not None}

    @property
    def http_address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        return _host_and_port("http", self.http)

    @property
    def mqtt_scheme(self) -> MqttScheme:
        """How the broker is reached."""
        return MqttScheme(urlsplit(self.mqtt).scheme)

    @property
    def mqtt_url(self) -> str:
        """The broker as clients reach it: an embedded one is an ordinary one to them."""
        return self.mqtt.replace("embedded://", "mqtt://", 1)

    @property
    def mqtt_address(self) -> tuple[str, int]:
        """Host and port of the broker."""
        parts = urlsplit(self.mqtt)
        default = MQTTS_PORT if self.mqtt_scheme is MqttScheme.MQTTS else MQTT_PORT
        return parts.hostname or "", parts.port or default

    @property
    def is_all_loopback(self) -> bool:
        """Whether nobody outside this machine can reach http, and the broker is here too."""
        return is_loopback(self.http_address[0]) and is_loopback(self.mqtt_address[0])

    @property
    def is_wire_open(self) -> bool:
        """Whether what goes to the broker can be read, and written, on the way."""
        return self.mqtt_scheme is MqttScheme.MQTT and not is_loopback(self.mqtt_address[0])


def load_settings(path: Path | None) -> Settings:
    """Read hub.toml, or the defaults where there is none, and check that it fits together.

    Raises:
        ConfigError: unreadable, an unknown key, a wrong value, or two that do not go together.
    """
    given = _read_toml(path, "config") if path else {}
    try:
        settings = msgspec.convert(
            _with_environment(given, os.environ), Settings, strict=False, dec_hook=_read_path
        )
    except msgspec.ValidationError as error:
        raise ConfigError(_sentence(error)) from error
    _check_addresses(settings)
    _check_smtp(settings.smtp)
    if settings.edges.enrolment is Enrolment.FIRST_USE and not settings.is_all_loopback:
        raise ConfigError("edges.enrolment: first-use needs http and mqtt on loopback addresses")
    return settings


def load_network(path: Path | None) -> Network:
    """The carrier's network; an empty one without a file.

    Raises:
        ConfigError: the file is unreadable, too long, or does not fit together.
    """
    if path is None:
        return EMPTY
    try:
        with path.open("rb") as file:
            data = file.read(NETWORK_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(f"network: cannot read {path}: {error.strerror}") from error
    if len(data) > NETWORK_BYTES_MAX:
        raise ConfigError(f"network: {path} is longer than {NETWORK_BYTES_MAX} bytes")
    try:
        return parse_network(data)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def load_policy(path: Path | None) -> Policy:
    """The shipped policy with the carrier's own file laid over it.

    Raises:
        ConfigError: the file is unreadable, or has an unknown key or a wrong value.
    """
    return load_policy_and_own_keys(path)[0]


def load_policy_and_own_keys(path: Path | None) -> tuple[Policy, frozenset[str]]:
    """The policy, and the keys that the carrier's own file sets: those it has confirmed.

    Raises:
        ConfigError: as ``load_policy``.
    """
    shipped = files("wire").joinpath("policy.toml").read_bytes()
    try:
        own = None if path is None else path.read_bytes()
        return parse_policy(shipped, own), frozenset() if own is None else keys_in(own)
    except OSError as error:
        raise ConfigError(f"policy: cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(str(error)) from error


def is_loopback(host: str) -> bool:
    """Say whether an address or name means this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read_toml(path: Path, key: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{key}: cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{key}: {path} is not TOML: {error}") from error


def _check_addresses(settings: Settings) -> None:
    _host_and_port("http", settings.http)
    parts = urlsplit(settings.mqtt)
    if parts.scheme not in MQTT_SCHEMES or not parts.hostname or parts.path.strip("/"):
        raise ConfigError("mqtt: must be mqtt://, mqtts:// or embedded:// with host and port")
    try:
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"mqtt: {error}") from error
    if settings.mqtt_scheme is MqttScheme.EMBEDDED:
        if not is_loopback(parts.hostname):
            raise ConfigError("mqtt: the embedded broker listens on loopback addresses only")
        if port is None or port == 0:
            raise ConfigError("mqtt: the embedded broker needs a port")


def _check_smtp(smtp: SmtpSettings | None) -> None:
    if smtp is None:
        return
    if "@" not in parseaddr(smtp.sender)[1]:
        raise ConfigError(f"smtp.sender: {smtp.sender!r} is no mail address")
    if smtp.security == "none" and not is_loopback(smtp.host):
        # Dispatch lists name recipients' addresses and phones (HV-2.7, CS-P1).
        raise ConfigError("smtp.security: mail leaves this machine with starttls or tls only")
    if (smtp.user is None) != (smtp.password_file is None):
        raise ConfigError("smtp: user and password_file go together")
    if smtp.password_file is not None:
        try:
            smtp.password_file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"smtp.password_file: cannot read {smtp.password_file}") from error


def _host_and_port(key: str, text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"{key}: must be host:port, not {text!r}")
    return host.strip("[]"), int(port)


def _with_environment(given: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """The file's keys with those of the environment laid over them, section by section."""
    merged = {
        key: dict(value) if isinstance(value, dict) else value for key, value in given.items()
    }
    for name, value in environment.items():
        key, _, inner = name.removeprefix(_PREFIX).lower().partition("__")
        if not name.startswith(_PREFIX) or key not in Settings.__struct_fields__:
            continue
        section = merged.get(key)
        if not inner:
            merged[key] = value
        elif isinstance(section, dict):
            section[inner] = value
        else:
            merged[key] = {inner: value}
    return merged


def _read_path(kind: type, value: object) -> object:
    if kind is not Path or not isinstance(value, str):
        raise ValueError(f"Expected a path, got {value!r}")
    return Path(value)


def _sentence(error: msgspec.ValidationError) -> str:
    """What is wrong, the key first: msgspec names a key's path last, an unknown key in its text."""
    what, _, place = str(error).partition(" - at `$.")
    place = place.removesuffix("`")
    named = _NAMED_FIELD.fullmatch(what)
    if named is not None:
        place = f"{place}.{named['key']}" if place else named["key"]
        what = "unknown key" if named["fault"] == "contains unknown" else "missing"
    if place in _CHOICES:
        what += f", it may be {', '.join(_CHOICES[place])}"
    return f"{place}: {what}"

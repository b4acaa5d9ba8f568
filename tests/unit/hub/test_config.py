"""hub.toml: each mistake is one clear sentence. Source: interface (hub.toml)."""

from pathlib import Path

import pytest

from hub.access.service import Enrolment
from hub.config import (
    ConfigError,
    MqttScheme,
    Settings,
    is_loopback,
    load_policy,
    load_policy_and_own_keys,
    load_settings,
)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "hub.toml"
    path.write_text(text)
    return path


def refused(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_without_a_file_the_defaults_hold() -> None:
    settings = load_settings(None)
    assert settings.http_address == ("127.0.0.1", 8000)
    assert settings.mqtt_url == "mqtt://127.0.0.1:1883"
    assert settings.mqtt_scheme is MqttScheme.EMBEDDED
    assert settings.edges.enrolment is Enrolment.TOKEN


def test_the_whole_file_of_the_interface_is_read(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        f"""
        data_dir = "{tmp_path}"
        database = "postgresql://hub@db/custos"
        mqtt = "mqtts://broker.example:8884"
        http = "[::1]:9000"
        [edges]
        enrolment = "token"
        [smtp]
        host = "mail.example"
        port = 587
        sender = "custos@mail.example"
        """,
    )
    settings = load_settings(path)
    assert settings.http_address == ("::1", 9000)
    assert settings.mqtt_address == ("broker.example", 8884)


def test_the_environment_beats_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOS_HTTP", "127.0.0.1:9999")
    monkeypatch.setenv("CUSTOS_EDGES__ENROLMENT", "first-use")
    settings = load_settings(write(tmp_path, 'http = "127.0.0.1:1"\n[edges]\nenrolment = "token"'))
    assert settings.http_address == ("127.0.0.1", 9999)
    assert settings.edges.enrolment is Enrolment.FIRST_USE


def test_the_environment_adds_a_section_and_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOS_SMTP__HOST", "mail.example")
    monkeypatch.setenv("CUSTOS_SMTP__PORT", "587")
    monkeypatch.setenv("CUSTOS_SMTP__SENDER", "custos@mail.example")
    smtp = load_settings(None).smtp
    assert smtp is not None
    assert (smtp.host, smtp.port, smtp.security) == ("mail.example", 587, "starttls")


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("CUSTOS_EDGES__ENROLLMENT", "token", "edges.enrollment: unknown key"),
        ("CUSTOS_EDGES__ENROLMENT", "open", "edges.enrolment"),
        ("CUSTOS_SMTP__PORT", "none", "smtp.port"),
        ("CUSTOS_SMTP__PORT", "0", "smtp.port"),
        ("CUSTOS_EDGES", "token", "edges"),
        ("CUSTOS_HTTP__PORT", "8000", "http"),
    ],
)
def test_a_mistake_in_the_environment_is_one_sentence_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, key: str
) -> None:
    monkeypatch.setenv(name, value)
    assert key in refused(write(tmp_path, ""))


def test_what_else_the_environment_calls_custos_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOS_REFERENCE", "x")
    assert load_settings(None) == Settings()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("databse = 'x'", "databse: unknown key"),
        ("[edges]\nenrollment = 'token'", "edges.enrollment: unknown key"),
        ("[edges]\nenrolment = 'open'", "edges.enrolment"),
        ("[edges]\nenrolment = 'open'", "it may be token, first-use"),
        ("[smtp]\nhost = 'mail.example'", "smtp.port: missing"),
        ("http = '127.0.0.1'", "http"),
        ("http = '127.0.0.1:http'", "http"),
        ("http = '127.0.0.1:65536'", "http"),
        ("mqtt = 'http://127.0.0.1:1883'", "mqtt"),
        ("mqtt = 'mqtt://'", "mqtt"),
        ("mqtt = 'mqtt://host:99999'", "mqtt"),
        ("mqtt = 'embedded://0.0.0.0:1883'", "loopback"),
        ("mqtt = 'embedded://10.0.0.1:1883'", "loopback"),
        ("mqtt = 'embedded://127.0.0.1'", "port"),
        ("data_dir = 7", "data_dir"),
        ("this is not toml", "not TOML"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_key(tmp_path: Path, text: str, key: str) -> None:
    assert key in refused(write(tmp_path, text))


@pytest.mark.parametrize(
    "text", ["http = '0.0.0.0:8000'", "mqtt = 'mqtt://broker.example:1883'"], ids=["http", "mqtt"]
)
def test_first_use_is_for_loopback_only(tmp_path: Path, text: str) -> None:
    sentence = refused(write(tmp_path, f"{text}\n[edges]\nenrolment = 'first-use'"))
    assert "first-use" in sentence


def smtp_text(host: str) -> str:
    return f"[smtp]\nhost = '{host}'\nport = 25\nsecurity = 'none'\nsender = 'custos@x.example'"


@pytest.mark.parametrize("host", ["mail.example", "10.0.0.1", "0.0.0.0"])
def test_mail_names_people_so_it_never_leaves_the_machine_in_plain_text(
    tmp_path: Path, host: str
) -> None:
    assert refused(write(tmp_path, smtp_text(host))).startswith("smtp.security: ")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_mail_server_on_this_machine_needs_no_tls(tmp_path: Path, host: str) -> None:
    smtp = load_settings(write(tmp_path, smtp_text(host))).smtp
    assert smtp is not None
    assert (smtp.host, smtp.security) == (host, "none")


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    assert "cannot read" in refused(tmp_path / "nothing.toml")


def test_a_carriers_policy_is_laid_over_the_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("[late]\nlate_s = 60\n")
    assert load_policy(path).late.late_s == 60
    assert load_policy_and_own_keys(path)[1] == {"late.late_s"}
    path.write_text("[late]\nlate_seconds = 60\n")
    with pytest.raises(ConfigError, match="late_seconds"):
        load_policy(path)
    with pytest.raises(ConfigError, match="cannot read"):
        load_policy(tmp_path / "nothing.toml")
    assert load_policy_and_own_keys(None) == (load_policy(None), frozenset())


@pytest.mark.parametrize(
    ("host", "yes"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("example.com", False),
        ("localhost.evil", False),
    ],
)
def test_loopback_is_this_machine_only(host: str, yes: bool) -> None:
    assert is_loopback(host) is yes

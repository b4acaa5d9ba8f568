"""edge.toml: every mistake is one clear sentence."""

from pathlib import Path

import pytest

from edge.clock import parse_test_clock
from edge.config import (
    CAMERAS_MAX,
    ConfigError,
    EdgeConfig,
    is_loopback,
    load_config,
    settings_for_tests,
)
from edge.failpoints import NO_FAIL_POINTS, ArmedFailPoints, parse_fail_points
from wire.names import Step

GOOD = """
site = "755A"
edge = "dock"
data_dir = "var/edge"
[hub]
mqtt = "mqtt://127.0.0.1:1883"
http = "http://127.0.0.1:8000"
[[scanner]]
id = "dock-1"
url = "/dev/ttyACM0"
protocol = "honeywell"
step = "arrive"
place = "dock1"
by = "t0k3n"
[[scanner]]
id = "dock-2"
url = "tcp://10.0.0.7:9000"
protocol = "plain"
"""


def load(tmp_path: Path, text: str = GOOD) -> EdgeConfig:
    path = tmp_path / "edge.toml"
    path.write_text(text)
    return load_config(path)


def sentence(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, text)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_good_config_is_read(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert (config.site, config.edge, config.data_dir) == ("755A", "dock", Path("var/edge"))
    assert config.mqtt_address() == ("127.0.0.1", 1883)
    assert config.listen_address() == ("127.0.0.1", 8081)
    assert config.scanner[0].step is Step.ARRIVE
    assert (config.scanner[1].step, config.scanner[1].by) == (None, None)
    assert config.token() is None


def test_a_token_has_two_parts(tmp_path: Path) -> None:
    config = load(tmp_path, GOOD.replace("[hub]", f'[hub]\ntoken = "s.e-cret.{"a" * 64}"'))
    token = config.token()
    assert token is not None
    assert (token.secret, token.hub_key_sha256) == ("s.e-cret", "a" * 64)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('site = "755A"', "", "site is missing"),
        ('http = "http://127.0.0.1:8000"', "", "hub.http is missing"),
        ('site = "755A"', 'site = "755A"\ncolour = "red"', "colour is an unknown key"),
        ("[hub]", "[hub]\ncolour = 1", "hub.colour is an unknown key"),
        ('step = "arrive"', 'stop = "arrive"', "scanner.0.stop is an unknown key"),
        ('site = "755A"', 'site = "755 A"', "'755 A' is no name"),
        ('site = "755A"', "site = 755", "site: Input should be a valid string"),
        ('id = "dock-2"', 'id = "dock-1"', "two devices are called 'dock-1'"),
        ('protocol = "plain"', 'protocol = "morse"', "'morse' is unknown"),
        ("tcp://10.0.0.7:9000", "tcp-listen://0.0.0.0:1", "by others: list its peers"),
        ("tcp://10.0.0.7:9000", "tcp-listen://dock.local:1", "must listen on an IP address"),
        ('step = "arrive"', 'peers = ["10.0.0.7"]', "peers are for tcp-listen:// only"),
        ("tcp://10.0.0.7:9000", "ttyACM0", "must be /dev/..., tcp://host:port or tcp-listen://"),
        ('step = "arrive"', 'step = "fly"', "scanner.0.step"),
        ("mqtt://127.0.0.1:1883", "mqtts://hub:0", "no usable port"),
        ("mqtt://127.0.0.1:1883", "http://hub:1883", "must be mqtt://host:port"),
        ("mqtt://127.0.0.1:1883", "mqtt://hub:99999", "hub.mqtt"),
        ("http://127.0.0.1:8000", "http://me:secret@hub/", "must be http://host:port"),
        ("http://127.0.0.1:8000", "http://hub:0", "no usable port"),
        ("[hub]", '[hub]\ntoken = "secret"', "hub.token: a token is <secret>."),
        ("[hub]", '[station]\nlisten = "0.0.0.0:8081"\n[hub]', "need tls_cert and tls_key"),
        ("[hub]", '[station]\ntls_cert = "c.pem"\n[hub]', "loopback, which has no TLS"),
        ("[hub]", '[station]\nlisten = "0.0.0.0:1"\ntls_key = "k"\n[hub]', "need tls_cert"),
        ("[hub]", '[station]\nlisten = "127.0.0.1"\n[hub]', "must be address:port"),
        ("[hub]", '[station]\nlisten = "[:1"\n[hub]', "station.listen"),
        ("[hub]", '[[camera]]\nid = "c1"\n[hub]', "camera.0.url is missing"),
        ("[hub]", '[[camera]]\nid = "c1"\nurl = "http://x/"\n[hub]', "camera.0.url: must be rtsp"),
        ("[hub]", '[[camera]]\nid = "c1"\nurl = "a.mp4"\n[hub]', "camera.0.url: must be rtsp"),
        ("[hub]", '[[camera]]\nid = "dock-1"\nurl = "/a"\n[hub]', "two devices are called"),
        *(
            (
                "[hub]",
                f'[[camera]]\nid = "c1"\nurl = "/a"\nonvif = "{url}"\n[hub]',
                "camera.0.onvif: must be http://host[:port]/path, without a password",
            )
            for url in (
                "https://10.0.0.9/onvif",
                "http://",
                "http:///onvif",
                "http://admin:s3cret@10.0.0.9/onvif",
                "http://10.0.0.9:99999/onvif",
                "http://10.0.0.9:0/onvif",
                "http://10.0.0.9:s3cret/onvif",
                "http://[::1/onvif",
                "http://10.0.0.9/on vif",
                "http://10.0.0.9/onvif?user=admin&password=s3cret",
                "http://10.0.0.9/\\r\\nX: y",
                "http://摄像头/onvif",
            )
        ),
        ("[hub]", "[hub", "is not TOML"),
    ],
)
def test_each_mistake_is_one_sentence(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert says in sentence(tmp_path, GOOD.replace(old, new, 1))


CAMERA = '[[camera]]\nid = "c{0}"\nurl = "{1}"\n'


def test_a_cameras_address_is_kept_and_never_shown(tmp_path: Path) -> None:
    url = "rtsp://admin:s3cret@10.0.0.9:554/1"
    config = load(tmp_path, GOOD + CAMERA.format(1, url))
    assert config.camera[0].url.get_secret_value() == url
    assert "s3cret" not in repr(config)
    wrong = CAMERA.format(1, "rtsps://admin:s3cret@10.0.0.9/1")
    assert "s3cret" not in sentence(tmp_path, GOOD + wrong)


def test_where_a_camera_tells_its_time_is_kept_and_never_shown(tmp_path: Path) -> None:
    for url in ("http://10.0.0.9/onvif/device_service", "http://[fe80::1]:8000", "http://cam-1/"):
        text = GOOD + CAMERA.format(1, "/a") + f'onvif = "{url}"\n'
        config = load(tmp_path, text)
        assert config.camera[0].onvif is not None
        assert config.camera[0].onvif.get_secret_value() == url
        assert url not in repr(config)
    assert load(tmp_path, GOOD + CAMERA.format(1, "/a")).camera[0].onvif is None
    wrong = CAMERA.format(1, "/a") + 'onvif = "http://admin:s3cret@10.0.0.9:x/"\n'
    assert "s3cret" not in sentence(tmp_path, GOOD + wrong)


def test_sixty_four_cameras_are_taken_and_no_more(tmp_path: Path) -> None:
    cameras = [CAMERA.format(number, "rtsp://10.0.0.9/1") for number in range(CAMERAS_MAX + 1)]
    assert len(load(tmp_path, GOOD + "".join(cameras[1:])).camera) == CAMERAS_MAX
    assert "camera: Tuple should have at most 64" in sentence(tmp_path, GOOD + "".join(cameras))


LISTENING = GOOD.replace("tcp://10.0.0.7:9000", "tcp-listen://0.0.0.0:9000")


def test_a_scanner_that_connects_to_us_needs_a_list_of_peers(tmp_path: Path) -> None:
    config = load(tmp_path, LISTENING + 'peers = ["10.0.0.7", "10.0.1.0/24"]\n')
    assert [str(network) for network in config.scanner[1].peer_networks()] == [
        "10.0.0.7/32",
        "10.0.1.0/24",
    ]
    assert config.scanner[1].listen_host() == "0.0.0.0"
    assert config.scanner[0].listen_host() is None


def test_on_the_loopback_no_peers_are_needed(tmp_path: Path) -> None:
    config = load(tmp_path, LISTENING.replace("0.0.0.0", "127.0.0.1"))
    assert config.scanner[1].peer_networks() == ()


@pytest.mark.parametrize(
    ("peers", "says"),
    [
        ('["dock.local"]', "'dock.local' is no IP address or network of a peer"),
        ('["10.0.0.7/24"]', "'10.0.0.7/24' is no IP address or network of a peer"),
        (str(["10.0.0.7"] * 17).replace("'", '"'), "at most 16 peers, not 17"),
    ],
)
def test_wrong_peers_are_one_sentence(tmp_path: Path, peers: str, says: str) -> None:
    assert says in sentence(tmp_path, LISTENING + f"peers = {peers}\n")


def test_sixteen_peers_may_be_listed(tmp_path: Path) -> None:
    peers = str(["10.0.0.7"] * 16).replace("'", '"')
    assert len(load(tmp_path, LISTENING + f"peers = {peers}\n").scanner[1].peers) == 16


def test_more_scanners_than_the_bound_are_refused(tmp_path: Path) -> None:
    more = "".join(
        f'[[scanner]]\nid = "s{n}"\nurl = "/dev/t{n}"\nprotocol = "plain"\n' for n in range(63)
    )
    assert "at most 64" in sentence(tmp_path, GOOD + more)


def test_a_missing_or_binary_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_config(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not TOML"):
        load_config(tmp_path / "binary.toml")


def test_the_environment_is_laid_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOS_SITE", "755W")
    monkeypatch.setenv("CUSTOS_HUB__HTTP", "http://127.0.0.1:9000")
    monkeypatch.setenv("CUSTOS_STATION__LISTEN", "127.0.0.1:0")
    config = load(tmp_path)
    assert config.site == "755W"
    assert (config.hub.http, config.hub.mqtt) == ("http://127.0.0.1:9000", "mqtt://127.0.0.1:1883")
    assert config.listen_address() == ("127.0.0.1", 0)


def test_a_mistake_in_the_environment_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOS_HUB__COLOUR", "red")
    assert "hub.colour is an unknown key" in sentence(tmp_path, GOOD)
    monkeypatch.delenv("CUSTOS_HUB__COLOUR")
    monkeypatch.setenv("CUSTOS_SCANNER", "[]")
    assert "arrays can be set in the file only" in sentence(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("localhost.example.org", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine_only(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_the_test_clock_and_fail_point_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load(tmp_path)
    assert settings_for_tests(config) == (None, NO_FAIL_POINTS)
    monkeypatch.setenv("CUSTOS_TEST_CLOCK", "2026-11-22T08:00:00Z,60")
    monkeypatch.setenv("CUSTOS_FAIL_POINT", "before_commit:3,after_tone:1:fail")
    test_clock, fail_points = settings_for_tests(config)
    assert test_clock is not None
    assert test_clock.rate == 60
    assert isinstance(fail_points, ArmedFailPoints)


@pytest.mark.parametrize(
    ("name", "value"),
    [("CUSTOS_TEST_CLOCK", "2026-11-22T08:00:00Z,60"), ("CUSTOS_FAIL_POINT", "read:1")],
)
def test_nothing_for_tests_where_scanners_connect_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    loopback = load(tmp_path, LISTENING.replace("0.0.0.0", "127.0.0.1"))
    assert settings_for_tests(loopback) != (None, NO_FAIL_POINTS)
    with pytest.raises(ConfigError, match="loopback listeners only"):
        settings_for_tests(load(tmp_path, LISTENING + 'peers = ["10.0.0.7"]\n'))


@pytest.mark.parametrize(
    "bad", ["", "now", "2026-11-22T08:00:00,1", "2026-11-22T08:00:00Z,0", "2026-11-22T08:00:00Z"]
)
def test_a_malformed_test_clock_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="CUSTOS_TEST_CLOCK"):
        parse_test_clock(bad)


@pytest.mark.parametrize(
    "bad",
    ["", "read", "read:0", "read:x", "lunch:1", "read:-1", "read:1:sleep", "read:1,"],
)
def test_a_malformed_fail_point_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="CUSTOS_FAIL_POINT"):
        parse_fail_points(bad)

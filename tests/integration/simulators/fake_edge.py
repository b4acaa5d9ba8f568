"""A stand-in for the edge in the demo's tests: readiness, and an answer to every frame.

It judges as the demo's script expects, in the crudest way, so that no surprise is counted.
"""

import json
import os
import socket
import sys
import threading
import time
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

config_path = Path(sys.argv[sys.argv.index("--config") + 1])
config = tomllib.loads(config_path.read_text())
folder = config_path.parent
assert set(config) == {"site", "edge", "data_dir", "hub", "station", "scanner"}
assert set(config["hub"]) == {"mqtt", "http"}
assert "CUSTOS_TEST_CLOCK" in os.environ

OK, WARN, REJECT = b"\x1b7,", b"\x1b5,\x1b5,", b"\x1b8,"
WANTED = b"\x1b6," * 3 + b"\x1b3,"
STOP = b"\x1b6," * 5 + b"\x1b3,"


def answer(frame: bytes) -> bytes:
    aim, code = frame[1:3], frame[3:]
    if aim == b"E0":
        return WARN
    if b"\x1b" in code or code == b"CX:OPEN:gate":
        return REJECT
    if code.startswith(b"103"):
        return WANTED
    wanted = folder / "wanted.jsonl"
    if wanted.exists():
        for line in wanted.read_text().splitlines():
            entry = json.loads(line)
            if entry["path"] == f"/api/v1/wanted/{code.decode()}":
                return STOP if entry["result"] == "stop" else WANTED
    return OK


def ends_half(codes: list[bytes]) -> bool:
    """Say whether these labels are a handover that only its giver confirmed."""
    if codes[-1] != b"CX:END" or b"CX:STEP:handover" not in codes:
        return False
    step = codes.index(b"CX:STEP:handover")
    return not any(code.startswith(b"CX:BY:") for code in codes[step:])


def open_scanner(url: str) -> int:
    if url.startswith("tcp://"):
        host, _, port = url.removeprefix("tcp://").rpartition(":")
        return socket.create_connection((host, int(port))).detach()
    return os.open(url, os.O_RDWR | os.O_NOCTTY)


def serve_scanner(url: str) -> None:
    while True:
        try:
            fd = open_scanner(url)
        except OSError:
            time.sleep(0.05)
            continue
        held = b""
        codes: list[bytes] = []
        try:
            while chunk := os.read(fd, 4096):
                held += chunk
                while b"\r" in held:
                    frame, _, held = held.partition(b"\r")
                    codes.append(frame[3:])
                    os.write(fd, WARN if ends_half(codes) else answer(frame))
                    if codes[-1] == b"CX:END":
                        codes.clear()
        except OSError:
            pass
        os.close(fd)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


host, _, port = config["station"]["listen"].rpartition(":")
server = ThreadingHTTPServer((host, int(port)), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
for scanner in config["scanner"]:
    assert scanner["protocol"] == "honeywell"
    threading.Thread(target=serve_scanner, args=(scanner["url"],), daemon=True).start()
sys.stdout.write(f"Station page: http://{config['station']['listen']}/\n")
with (folder / "pids").open("a") as pids:
    pids.write(f"{os.getpid()}\n")
while not (folder / "fake-edge-dies").exists():
    time.sleep(0.02)
sys.exit("custos-edge: the spool is broken")

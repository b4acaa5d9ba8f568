"""A stand-in for the hub in the demo's tests: readiness, console link, and what is sent to it.

It keeps wanted entries in ``wanted.jsonl`` and the paths of everything sent in ``sent``.

Its behaviour comes from files in the folder of its configuration: ``fake-hub-dies`` ends it after
it was ready, ``fake-hub-fails`` before, ``fake-stubborn`` makes it deaf to SIGTERM.
"""

import json
import os
import signal
import sys
import threading
import time
import tomllib
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

config_path = Path(sys.argv[sys.argv.index("--config") + 1])
config = tomllib.loads(config_path.read_text())
folder = config_path.parent
data_dir = Path(config["data_dir"])
assert config["mqtt"].startswith("embedded://127.0.0.1:")
assert config["edges"] == {"enrolment": "first-use"}
assert set(config) == {"data_dir", "mqtt", "http", "network", "policy", "edges", "smtp"}
assert Path(config["network"]).read_text().startswith("[[region]]")
assert "late_min" in Path(config["policy"]).read_text()
assert config["smtp"]["security"] == "none"
start_at, _, rate = os.environ["CUSTOS_TEST_CLOCK"].partition(",")
assert datetime.fromisoformat(start_at).tzinfo is not None
assert float(rate) >= 60

if (folder / "fake-hub-fails").exists():
    sys.exit("custos-hub: SQLite is too old")
if (folder / "fake-stubborn").exists():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
data_dir.mkdir(exist_ok=True)
(data_dir / "admin.token").write_text("secret-token\n")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_list = self.path.startswith("/api/v1/")
        self.send_response(200 if self.path == "/readyz" or is_list else 404)
        self.end_headers()
        if is_list:
            self.wfile.write(b'{"items": []}')

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        allowed = self.headers["Authorization"] == "Bearer secret-token"
        if allowed:
            with (folder / "sent").open("a") as sent:
                sent.write(f"{self.path}\n")
        if allowed and "/wanted/" in self.path:
            with (folder / "wanted.jsonl").open("a") as wanted:
                wanted.write(json.dumps({"path": self.path, **body}) + "\n")
        self.send_response(200 if allowed else 401)
        self.end_headers()

    def do_POST(self) -> None:
        """Accounts, logins and passwords: whoever asks is let in."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(303 if self.path == "/login" else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


host, _, port = config["http"].rpartition(":")
server = ThreadingHTTPServer((host, int(port)), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdout.write(f"Console (one use): http://{config['http']}/enter/s3cret\n")
with (folder / "pids").open("a") as pids:
    pids.write(f"{os.getpid()}\n")
while not (folder / "fake-hub-dies").exists():
    time.sleep(0.02)
sys.exit("custos-hub: the disk is on fire")

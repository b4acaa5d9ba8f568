"""The script most people write first: readline, INSERT, commit, good-read tone.

``python -m bench.peers.naive_scanner PORT DATABASE``. No framing, no guard, no wanted list, no
chain: the comparison says what Custos's promises cost above it.
"""

import sqlite3
import sys

import serial


def main() -> None:
    """Serve one scanner until the port goes away."""
    port, database = sys.argv[1:3]
    store = sqlite3.connect(database)
    store.execute("CREATE TABLE scan (at TEXT DEFAULT CURRENT_TIMESTAMP, code TEXT)")
    with serial.Serial(port, timeout=None) as scanner:
        print("ready", flush=True)
        while line := scanner.read_until(b"\r"):
            store.execute("INSERT INTO scan (code) VALUES (?)", (line.decode(),))
            store.commit()
            scanner.write(b"\x1b7,")


if __name__ == "__main__":
    main()

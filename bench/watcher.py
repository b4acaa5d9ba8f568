"""A watcher of the alert wall: ``python -m bench.watcher URL TOKEN``.

Holds one live socket, as a console does, and prints a line for each alert: when it came (epoch
seconds) and its waybill. The first line says that it listens.
"""

import json
import sys
import time

from websockets.sync.client import connect


def main() -> None:
    """Print until the socket, or who started this, is gone."""
    url, token = sys.argv[1:]
    headers = {"Authorization": f"Bearer {token}"}
    with connect(f"{url}/api/v1/live", additional_headers=headers, max_queue=None) as socket:
        print("listening", flush=True)
        for message in socket:
            came_s = time.time()
            print(came_s, json.loads(message)["waybill"], flush=True)


if __name__ == "__main__":
    main()

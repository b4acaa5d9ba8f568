"""Run one area's measurements: ``python -m bench scan``."""

import json
import sys
from pathlib import Path

from bench import alert, console, ingest, labels, partition, peers_ingest, scan, video, watch
from bench.missing import measure as missing
from bench.missing.carrier import measure as missing_carrier

AREAS = {
    "alert": alert.measure,
    "console": console.measure,
    "ingest": ingest.measure,
    "labels": labels.measure,
    "missing": missing.measure,
    "missing-carrier": missing_carrier.measure,
    "partition": partition.measure,
    "peers": peers_ingest.measure,
    "scan": scan.measure,
    "video": video.measure,
    "watch": watch.measure,
}


def main() -> None:
    """Measure the named area; an unknown one is one sentence and exit 2."""
    name = sys.argv[1] if len(sys.argv) > 1 else "scan"
    if name not in AREAS:
        print(f"no bench area {name!r}; there is: {', '.join(AREAS)}", file=sys.stderr)
        raise SystemExit(2)
    figures = AREAS[name]()
    path = Path("build") / f"bench-{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    print(f"\nfigures written to {path}")


if __name__ == "__main__":
    main()

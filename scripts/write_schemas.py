"""Write docs/schemas from the types in wire/: ``python -m scripts.write_schemas``.

The schemas are for people who read our lines with other tools. A test fails when they are older
than the types.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from wire.bodies import ActBody, CodeBody, PrivateBody
from wire.events import SEALED_KEYS, Event
from wire.messages import Message
from wire.site_pack import SitePack
from wire.wanted import WantedList

FOLDER = Path(__file__).parents[1] / "docs" / "schemas"

TYPES: dict[str, Any] = {
    "event-line": Event,
    "message": Message,
    "wanted-list": WantedList,
    "private-body": PrivateBody,
    "code-body": CodeBody,
    "act-body": ActBody,
    "site-pack": SitePack,
}
"""What each schema describes: one line of an event, line 1 of a signed message, and so on."""


def schema_text(name: str) -> str:
    """The JSON Schema (2020-12) of one type, as it stands in its file."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"custos {name} v1",
        **msgspec.json.schema(TYPES[name]),
    }
    if name == "event-line":
        # The types give these placeholders, for a line that is not sealed yet; on the wire they
        # always stand.
        for kind in schema["discriminator"]["mapping"].values():
            definition = schema["$defs"][kind.rpartition("/")[2]]
            definition["required"] = sorted({*definition["required"], *SEALED_KEYS})
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in TYPES:
        (FOLDER / f"{name}.json").write_text(schema_text(name), encoding="utf-8")

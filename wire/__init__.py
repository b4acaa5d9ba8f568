"""What crosses between programs: event lines, batches, receipts, commands, wanted list, topics.

Pure: no clock, no I/O, no random. Source: design section 3.
"""

from typing import Literal

WireVersion = Literal[1]
WIRE_VERSION: WireVersion = 1

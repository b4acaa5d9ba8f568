"""Every bound on what crosses between programs, in one place. Source: design section 3."""

LINE_BYTES_MAX = 32 * 1024
LINE_DEPTH_MAX = 6
CODE_BYTES_MAX = 512
"""A label longer than this is hostile; its head is kept."""

ACT_SCANS_MAX = 500
"""Parcels of one handover; more are several handovers."""
ACT_CHECKS_MAX = 16

BATCH_BYTES_MAX = 256 * 1024
"""A whole batch message: header, signature and lines."""
BATCH_EVENTS_MAX = 200

MESSAGE_BYTES_MAX = 256 * 1024
"""Any signed message but a batch, a snapshot or bodies; the largest delta and state fit."""
SNAPSHOT_BYTES_MAX = 16 * 1024 * 1024
WANTED_ENTRIES_MAX = 20_000
WANTED_RULES_MAX = 64
SCOPE_SITES_MAX = 32
DELTA_ENTRIES_MAX = 64
"""More changes than this travel as a snapshot."""

PACK_BYTES_MAX = 1024 * 1024
"""A site pack: its people, places, shifts and open tasks."""
PACK_MESSAGE_BYTES_MAX = PACK_BYTES_MAX + 4096
"""The answer to a pack fetch: the pack's line under its signed head."""
PACK_STAFF_MAX = 2_000
PACK_PLACES_MAX = 500
PACK_SHIFTS_MAX = 32
PACK_CHANNELS_MAX = 500
PACK_TASKS_MAX = 200

PACK_HOLDS_MAX = 500
"""Stretches of footage of one site that must stay."""

ORDER_FILES_MAX = 64
"""Files of footage that one command asks for."""
FOOTAGE_PART_BYTES_MAX = 1024 * 1024
"""So much of a file travels in one request."""
FOOTAGE_MESSAGE_BYTES_MAX = FOOTAGE_PART_BYTES_MAX + 4096
FOOTAGE_FILE_BYTES_MAX = 512 * 1024 * 1024
"""A segment: a minute at most, of the fastest camera that is to be had."""
PICTURE_BYTES_MAX = 512 * 1024
"""A still or a label cut out of one, as JPEG."""

ENROLLED_CHARS_MAX = 16 * 1024
"""The hub's signed answer to an enrolment, shown to it again."""
CERTIFICATE_CHARS_MAX = 4096
"""A certificate of P-256 as PEM is about 700."""

BODY_BYTES_MAX = 8 * 1024
BODIES_PER_MESSAGE_MAX = 200
BODIES_BYTES_MAX = 256 * 1024

SPOOLS_PER_EDGE_MAX = 64
DEVICES_PER_EDGE_MAX = 64

ERROR_TEXT_MAX = 200
"""Characters of a refusal's sentence: a decoder quotes what it refuses, whatever its length."""

INT_MAX = 2**53 - 1
"""Integers stay exact in every JSON reader."""

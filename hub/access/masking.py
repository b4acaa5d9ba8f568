"""How personal data looks to whom it is not for: enough to recognise, too little to use. Pure.

Source: CS-P1, HV-2.6.
"""

import re

HIDDEN = "***"
BADGE_PREFIX = "CX:BY:"
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{5,18}[0-9]")
_PHONE_DIGITS = range(7, 14)
_PARTS = re.compile(r"[\s,;，；、]+")
_FIELDS_MAX = 32


def mask_name(name: str) -> str:
    """The first character only: ``王**``."""
    name = name.strip()
    return f"{name[0]}**" if name else ""


def mask_phone(phone: str) -> str:
    """The first three and the last four digits: ``139****1234``; nothing of a shorter one."""
    digits = "".join(each for each in phone if each.isdecimal())
    if len(digits) not in _PHONE_DIGITS:
        return HIDDEN
    # Of a short one the first three would leave nothing to hide.
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) > 8 else f"****{digits[-4:]}"


def mask_id(number: str) -> str:
    """The last four characters of an identity document's number: ``***123X``."""
    number = number.strip()
    return HIDDEN + number[-4:] if len(number) >= 8 else HIDDEN


def mask_text(text: str) -> str:
    """Of free text each part for itself, as a phone's number or as a name; other digits go."""
    parts = [part for part in _PARTS.split(text.strip()) if part]
    return " ".join(_mask_part(part) for part in parts[:_FIELDS_MAX])


def mask_person(person: dict[str, str] | str | None) -> dict[str, str] | str | None:
    """A sender or recipient as most may see them; the fields' names stay."""
    if person is None:
        return None
    if isinstance(person, str):
        return mask_text(person)
    return {field: _mask_value(value) for field, value in person.items()}


def unmasked_code(text: str | None) -> str | None:
    """A scanned private code as it may be shown to who may see it: never a badge's token.

    A token is a key that could be printed again, not a fact about somebody.
    """
    is_badge = text is not None and text.upper().startswith(BADGE_PREFIX)
    return BADGE_PREFIX + HIDDEN if is_badge else text


def _mask_value(value: str) -> str:
    # Spaces inside a number are no reason to show it.
    return mask_phone(value) if _PHONE.fullmatch(value.strip()) else mask_text(value)


def _mask_part(part: str) -> str:
    if _PHONE.fullmatch(part):
        return mask_phone(part)
    return HIDDEN if any(each.isdecimal() for each in part) else mask_name(part)

"""Check digits of waybills, as a policy's ``[[waybill]] check`` names them. Pure."""

from typing import Literal

Check = Literal["none", "mod7", "mod10"]


def has_check_digit(code: str, check: Check) -> bool:
    """Say whether ``code``'s last digit is right; a code that is not all digits has none.

    ``mod7`` (air waybills): the number before the last digit, modulo 7. ``mod10`` (GS1): digits
    weighted 1, 3, 1, 3 ... from the last one leftwards sum to a multiple of 10. ``none``: any.
    """
    if check == "none":
        return True
    if len(code) < 2 or not (code.isascii() and code.isdigit()):
        return False
    if check == "mod7":
        return int(code[:-1]) % 7 == int(code[-1])
    digits = [int(digit) for digit in reversed(code)]
    return (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0

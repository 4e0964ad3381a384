"""Receipt numbers: a serial number and the check digits of ISO 7064 MOD 97-10."""

from payments.shared.check_digits import Mod97

_DIGITS = 8
_CHECK = Mod97(kind="mod97")


def make_number(serial: int) -> str:
    """Write the number of a receipt: ``R0000001279`` for 12."""
    body = f"{serial:0{_DIGITS}}"
    return f"R{body}{_CHECK.compute(body)}"

"""Count the segments an SMS is sent as: each is paid for (GSM 03.38, 3GPP TS 23.038 and 23.040)."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
# Characters in a message of one segment, and in each segment of a longer one.
_GSM_SINGLE, _GSM_SEGMENT = 160, 153
_UCS2_SINGLE, _UCS2_SEGMENT = 70, 67


def is_gsm(text: str) -> bool:
    """Whether a text fits the 7-bit alphabet. Welsh ``â ê î ô û ŵ ŷ`` do not: one makes all of it UCS-2."""
    return all(character in _BASIC or character in _EXTENDED for character in text)


def count_segments(text: str) -> int:
    """Count segments: one takes 160 characters of GSM or 70 of UCS-2, fewer in a message of several."""
    if is_gsm(text):
        length = sum(2 if character in _EXTENDED else 1 for character in text)
        return 1 if length <= _GSM_SINGLE else -(-length // _GSM_SEGMENT)
    length = len(text.encode("utf-16-be")) // 2
    return 1 if length <= _UCS2_SINGLE else -(-length // _UCS2_SEGMENT)

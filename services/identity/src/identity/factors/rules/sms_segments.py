"""Text messages: how many parts one takes, for each is paid for (GSM 03.38, 3GPP TS 23.038 and 23.040)."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_ALONE, _JOINED = 160, 153
_WIDE_ALONE, _WIDE_JOINED = 70, 67


def plain(text: str) -> bool:
    """Whether it fits the 7-bit alphabet. Welsh ``â ê î ô û ŵ ŷ`` do not: one makes all of a text wide."""
    return all(letter in _BASIC or letter in _EXTENDED for letter in text)


def parts(text: str) -> int:
    """How many messages it is sent as: one takes 160 characters or 70 wide ones, fewer where it is joined."""
    if plain(text):
        length = sum(2 if letter in _EXTENDED else 1 for letter in text)
        return 1 if length <= _ALONE else -(-length // _JOINED)
    length = len(text.encode("utf-16-be")) // 2
    return 1 if length <= _WIDE_ALONE else -(-length // _WIDE_JOINED)

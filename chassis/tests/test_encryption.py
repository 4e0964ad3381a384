"""Sealed secrets open with their key and for their row only."""

import base64

import pytest

from chassis import encryption

KEY, OWNER = b"k" * 32, b"row 1"


def test_a_sealed_secret_opens_for_its_row_and_does_not_show_it():
    sealed = encryption.seal(KEY, b"a secret", OWNER)
    assert b"a secret" not in sealed
    assert encryption.unseal(KEY, sealed, OWNER) == b"a secret"
    assert encryption.seal(KEY, b"a secret", OWNER) != sealed


@pytest.mark.parametrize(
    ("key", "owner", "change"),
    [
        (b"x" * 32, OWNER, lambda sealed: sealed),
        (KEY, b"row 2", lambda sealed: sealed),
        (KEY, OWNER, lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (KEY, OWNER, lambda sealed: sealed[:5]),
        (KEY, OWNER, lambda sealed: b""),
    ],
)
def test_another_key_another_row_and_changed_bytes_open_nothing(key, owner, change):
    with pytest.raises(encryption.WrongKeyError):
        encryption.unseal(key, change(encryption.seal(KEY, b"a secret", OWNER)), owner)


def test_a_key_is_thirty_two_bytes_of_url_safe_base64():
    text = base64.urlsafe_b64encode(KEY).decode()
    assert encryption.parse_key(text, "the key") == encryption.parse_key(text.rstrip("="), "the key") == KEY
    for wrong in ("", "short", "*" * 43, "é" * 43):
        with pytest.raises(ValueError, match="SEALING_KEY"):
            encryption.parse_key(wrong, "SEALING_KEY")


def test_keys_of_two_purposes_differ():
    assert encryption.derive_key(KEY, "one") != encryption.derive_key(KEY, "two")

"""Whatever is edited, removed, put in or moved in sealed histories is found; what is erased is not."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from casework.cases.rules import FIRST_DIGEST, chain
from casework.seals.rules import Head, Link, Seal, SealCheck, check_history, digest_seal, hash_head, hash_tree

_START = datetime(2026, 4, 1, 12, tzinfo=UTC)
_DAY = timedelta(days=1)
_CHAIN = UUID(int=7)


def write_history(days):
    """Write a history with an entry on each of these days."""
    links, digest = [], FIRST_DIGEST
    for n, day in enumerate(sorted(days), 1):
        content = hashlib.sha256(f"{n} {day}".encode()).digest()
        digest = chain(digest, content)
        links.append(Link(n, content, digest, _START + day * _DAY))
    return links


def seal_history(links, days):
    """Seal a history at the end of each day; return its heads."""
    heads, since = [], None
    for day in range(days):
        until = datetime(2026, 4, 2, tzinfo=UTC) + day * _DAY
        sealed = [link for link in links if link.at < until]
        if sealed and sealed[-1].n > (heads[-1].n if heads else 0):
            heads.append(Head(sealed[-1].n, sealed[-1].digest, since))
        since = until
    return heads, since


def rechain(links):
    """Write the digests of a history anew, as somebody does who hides a change."""
    chained, digest = [], FIRST_DIGEST
    for n, link in enumerate(links, 1):
        digest = chain(digest, link.content)
        chained.append(link._replace(n=n, digest=digest))
    return chained


histories = st.lists(st.integers(0, 5), min_size=1, max_size=8)


@given(histories, st.data())
@settings(max_examples=150, deadline=None)
def test_a_history_that_is_changed_by_one_who_can_write_all_of_it_is_found(days, data):
    links = write_history(days)
    heads, until = seal_history(links, 6)
    assert check_history("c", links, heads, until) == []
    place = data.draw(st.integers(0, len(links) - 1))
    change = data.draw(st.sampled_from(["edit", "remove", "swap", "insert"]))
    changed = list(links)
    if change == "edit":
        changed[place] = changed[place]._replace(content=bytes(32))
    elif change == "remove":
        del changed[place]
    elif change == "insert":
        changed.insert(place, Link(0, bytes(32), b"", links[place].at))
    else:
        changed[place], changed[-1] = changed[-1], changed[place]
    if [link.content for link in changed] != [link.content for link in links]:
        assert check_history("c", rechain(changed), heads, until)


@given(histories, st.integers(0, 5))
@settings(max_examples=100, deadline=None)
def test_an_entry_that_is_added_with_an_earlier_date_is_found(days, day):
    links = write_history(days)
    heads, until = seal_history(links, 6)
    late = rechain([*links, Link(0, bytes(32), b"", _START + day * _DAY)])
    assert check_history("c", late, heads, until)
    today = rechain([*links, Link(0, bytes(32), b"", _START + 6 * _DAY)])
    assert check_history("c", today, heads, until) == []


@given(histories)
@settings(max_examples=50, deadline=None)
def test_an_erased_history_holds_by_its_digests_alone(days):
    links = write_history(days)
    heads, until = seal_history(links, 6)
    erased = [link._replace(at=None) for link in links]
    assert check_history("c", erased, heads, until) == []
    assert check_history("c", erased[:-1], heads, until)


def write_seals(number):
    statements, previous = [], FIRST_DIGEST
    for sequence in range(1, number + 1):
        heads = [(UUID(int=case), sequence, bytes([sequence] * 32)) for case in range(sequence)]
        seal = Seal(
            _CHAIN, sequence, date(2026, 4, sequence), None, _START + sequence * _DAY, is_complete=True,
            heads=len(heads), root=hash_tree([hash_head(*head) for head in heads]), previous=previous,
        )  # fmt: skip
        previous = digest_seal(seal.describe())
        statements.append((seal, heads))
    return statements


def check_seals(statements):
    check = SealCheck()
    for seal, heads in statements:
        check.add(seal.describe(), seal.describe(), heads)
    return check.faults


@given(st.integers(2, 6), st.data())
@settings(max_examples=60, deadline=None)
def test_seals_that_are_changed_left_out_or_exchanged_are_found(number, data):
    seals = write_seals(number)
    assert check_seals(seals) == []
    place = data.draw(st.integers(0, number - 2))
    seal, heads = seals[place]
    assert check_seals([*seals[:place], (replace(seal, day=date(2020, 1, 1)), heads), *seals[place + 1 :]])
    assert check_seals([*seals[:place], (seal, heads[1:]), *seals[place + 1 :]])
    assert check_seals([*seals[:place], *seals[place + 1 :]])
    seals[place], seals[place + 1] = seals[place + 1], seals[place]
    assert check_seals(seals)


def test_a_seal_that_is_not_signed_is_found():
    [(seal, heads)] = write_seals(1)
    check = SealCheck()
    check.add(seal.describe(), None, heads)
    assert check.faults == ["seal 1 is not as it was signed"]

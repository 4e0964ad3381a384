"""A process's first phone number: what numbers take is loaded then, while others are served."""

import importlib.abc
import sys
import threading

import pytest

from services.identity.tests.phones import ACCOUNT, PHONE, add_phone, settings, texts, uncounted

__all__ = ["settings", "texts", "uncounted"]


@pytest.fixture
def as_new(monkeypatch):
    """``as_new()``: as in a process that has met no number yet -> the threads that load phonenumbers."""

    def forget():
        threads = []

        class Finder(importlib.abc.MetaPathFinder):
            def find_spec(self, name, path, target=None):
                if name == "phonenumbers":
                    threads.append(threading.current_thread())

        for name in [one for one in sys.modules if one.partition(".")[0] == "phonenumbers"]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
        return threads

    return forget


async def test_nobody_waits_for_a_process_that_reads_its_first_number(newcomer, as_new):
    tab = await newcomer("first@phones.example")
    threads = as_new()
    assert (await tab.post(PHONE, phone="07700 900 131")).status_code == 303
    assert len(threads) == 1
    assert threading.main_thread() not in threads


async def test_nobody_waits_for_a_process_that_shows_its_first_number(newcomer, texts, as_new):
    tab = await newcomer("shown@phones.example")
    await add_phone(tab, texts, "+447700900132")
    threads = as_new()
    assert "07700 900132" in (await tab.get(ACCOUNT)).text
    assert len(threads) == 1
    assert threading.main_thread() not in threads


async def test_an_account_without_a_number_loads_nothing(newcomer, as_new):
    tab = await newcomer("none@phones.example")
    threads = as_new()
    assert (await tab.get(ACCOUNT)).status_code == 200
    assert threads == []

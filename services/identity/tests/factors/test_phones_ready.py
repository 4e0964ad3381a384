"""The library of phone numbers is loaded in a thread, with a process's first number."""

import importlib.abc
import sys
import threading

import pytest

from services.identity.tests.phones import ACCOUNT, PHONE, add_phone, reset_limits, sent_sms, settings

__all__ = ["reset_limits", "sent_sms", "settings"]


@pytest.fixture
def unload_library(monkeypatch):
    """``unload_library()`` -> a list of the threads that load phonenumbers from now on."""

    def unload():
        threads = []

        class Finder(importlib.abc.MetaPathFinder):
            def find_spec(self, name, path, target=None):
                if name == "phonenumbers":
                    threads.append(threading.current_thread())

        for name in [module for module in sys.modules if module.partition(".")[0] == "phonenumbers"]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
        return threads

    return unload


async def test_the_first_number_typed_loads_the_library_in_a_thread(newcomer, unload_library):
    tab = await newcomer("first@phones.example")
    threads = unload_library()
    assert (await tab.post(PHONE, phone="07700 900 131")).status_code == 303
    assert len(threads) == 1
    assert threading.main_thread() not in threads


async def test_the_first_number_shown_loads_the_library_in_a_thread(newcomer, sent_sms, unload_library):
    tab = await newcomer("shown@phones.example")
    await add_phone(tab, sent_sms, "+447700900132")
    threads = unload_library()
    assert "07700 900132" in (await tab.get(ACCOUNT)).text
    assert len(threads) == 1
    assert threading.main_thread() not in threads


async def test_an_account_without_a_number_loads_no_library(newcomer, unload_library):
    tab = await newcomer("none@phones.example")
    threads = unload_library()
    assert (await tab.get(ACCOUNT)).status_code == 200
    assert threads == []

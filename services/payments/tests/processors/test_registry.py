"""A processor is one folder: nothing else in the service names it."""

import sys
from types import SimpleNamespace

import pytest

from chassis.jobs import CallContext
from payments.gateway_accounts.rules import Traits
from payments.processors import actions
from payments.processors.actions import registry
from payments.processors.rules import ProcessorError

FOLDER = '''"""A processor that a test makes."""

from payments.gateway_accounts.rules import Traits
from payments.processors.actions.adapters import Adapter

adapter = Adapter(Traits(minimum_amount=5), lambda context: ("dummy", context.settings.stripe_api))
'''


@pytest.fixture
def dummy(tmp_path, monkeypatch):
    """A folder of a processor, beside those of the service."""
    (tmp_path / "dummy").mkdir()
    (tmp_path / "dummy" / "__init__.py").write_text(FOLDER)
    monkeypatch.setattr(actions, "__path__", [*actions.__path__, str(tmp_path)])
    monkeypatch.setattr(registry, "ADAPTERS", registry.find_adapters())
    yield
    sys.modules.pop(f"{actions.__name__}.dummy", None)


def make_context(settings):
    return CallContext(SimpleNamespace(), settings)


def test_a_folder_is_all_that_a_new_processor_needs(dummy, settings):
    assert set(registry.ADAPTERS) == {"dummy", "sandbox", "stripe"}
    assert registry.get_traits("dummy") == Traits(minimum_amount=5)
    processor = registry.get_processor(make_context(settings), "citytown", "dummy")
    assert processor == ("dummy", settings.stripe_api)


def test_a_processor_that_is_not_here_is_asked_for_again(settings):
    with pytest.raises(ProcessorError):
        registry.get_processor(make_context(settings), "citytown", "dummy")
    with pytest.raises(ProcessorError):
        unset = settings.model_copy(update={"sandbox_processor_url": ""})
        registry.get_processor(make_context(unset), "citytown", "sandbox")


@pytest.mark.parametrize(
    "url",
    ["http://api.stripe.com", "https://", "https://user@api.stripe.com", "https://api.stripe.com/v1", "ftp://x",
     "http://127.0.0.1.example"],
)  # fmt: skip
def test_keys_are_sent_to_no_odd_address(settings, url):
    with pytest.raises(ValueError, match="stripe_api"):
        type(settings)(**{**settings.model_dump(), "stripe_api": url})

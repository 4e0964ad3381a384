"""Generated operations and models: what they send, and what a later region may answer."""

import httpx
import pytest

from townhall_client import UNSET
from townhall_client.api.casework.api.cases import list_cases, open_case
from townhall_client.api.casework.api.open_311 import discover
from townhall_client.api.casework.models.case_status import CaseStatus
from townhall_client.api.casework.models.new_case import NewCase
from townhall_client.api.payments.api.payments import get_payment
from townhall_client.problems import TownhallError


def test_a_value_that_a_later_region_adds_is_read():
    body = {
        "reference": "R", "name": "Missed bin", "status": "We have it", "move": "a machine", "next_step": "",
        "language": "en", "added_later": 1,
    }  # fmt: skip
    status = CaseStatus.from_dict(body)
    assert (status.move, status.additional_properties) == ("a machine", {"added_later": 1})


def test_what_is_left_out_is_not_sent_and_none_is_null():
    body = NewCase("missed-bin", person=None).to_dict()
    assert body == {"case_type": "missed-bin", "person": None}
    assert NewCase("missed-bin").submission is UNSET
    assert list_cases(limit=5).with_params(after="c").params["after"] == "c"


def test_a_value_in_a_path_cannot_leave_its_place():
    assert get_payment("../refunds?x").path == "/-/payments/v1/payments/..%2Frefunds%3Fx"


def test_only_an_operation_whose_contract_has_a_key_takes_one():
    assert open_case(body=NewCase("missed-bin")).takes_key
    assert not discover("json").takes_key


def test_a_success_that_no_contract_names_is_an_error():
    response = httpx.Response(207, json={}, request=httpx.Request("GET", "http://gateway.test/x"))
    with pytest.raises(TownhallError, match="answered 207"):
        get_payment("1" * 26).parse(response)

"""A change of address takes codes sent to the new one and to the old one, or two factors."""

import pytest
from sqlalchemy import update

from identity.accounts.tables import browser_session

EMAIL = "/identity/account/email"
ACCOUNT = "/identity/account"


async def code_to(sent_emails, address):
    emails = await sent_emails(address)
    return [email.personalisation["code"] for email in emails if "code" in email.personalisation][-1]


@pytest.fixture
def set_methods(database, account_of):
    """``await set_methods("jo@example.org", ["password"])`` sets the methods of the account's sessions."""

    async def update_sessions(address, methods):
        account = await account_of(address)
        async with database.writing() as session:
            sessions = update(browser_session).where(browser_session.c.account == account)
            await session.execute(sessions.values(methods=methods))

    return update_sessions


async def enter_new_address(tab, sent_emails, new):
    assert (await tab.post(EMAIL, email=new)).headers["location"] == f"{EMAIL}/code"
    return await tab.post(f"{EMAIL}/code", code=await code_to(sent_emails, new))


async def test_a_session_of_password_alone_needs_a_code_to_the_old_address(
    newcomer, sent_emails, account_of, set_methods
):
    tab = await newcomer("old@both.example")
    account = await account_of("old@both.example")
    await set_methods("old@both.example", ["password"])
    response = await enter_new_address(tab, sent_emails, "new@both.example")
    assert response.headers["location"] == f"{EMAIL}/before"
    assert await account_of("new@both.example") is None
    page = (await tab.get(f"{EMAIL}/before")).text
    assert "old@both.example" in page
    assert (await tab.post(f"{EMAIL}/before", code="12")).status_code == 400
    response = await tab.post(f"{EMAIL}/before", code=await code_to(sent_emails, "old@both.example"))
    assert response.headers["location"] == ACCOUNT
    assert await account_of("new@both.example") == account
    assert (await sent_emails("old@both.example"))[-1].template == "changed-email"


@pytest.mark.parametrize("methods", [["email"], ["passkey"], ["password", "totp"], ["password", "text"]])
async def test_a_session_by_email_or_of_two_factors_needs_no_second_code(
    newcomer, sent_emails, account_of, set_methods, methods
):
    old, new = f"{'-'.join(methods)}@both.example", f"{'-'.join(methods)}@new.example"
    tab = await newcomer(old)
    await set_methods(old, methods)
    assert (await enter_new_address(tab, sent_emails, new)).headers["location"] == ACCOUNT
    assert await account_of(new) is not None


async def test_neither_code_alone_changes_the_address(newcomer, sent_emails, account_of, set_methods):
    tab = await newcomer("half@both.example")
    account = await account_of("half@both.example")
    await set_methods("half@both.example", ["password"])
    await tab.post(EMAIL, email="half@new.example")
    response = await tab.post(f"{EMAIL}/before", code=await code_to(sent_emails, "half@new.example"))
    assert response.headers["location"] == EMAIL
    await enter_new_address(tab, sent_emails, "half@new.example")
    wrong = await tab.post(f"{EMAIL}/before", code=await code_to(sent_emails, "half@new.example"))
    assert wrong.status_code == 400
    assert await account_of("half@both.example") == account


async def test_a_pending_change_is_void_when_the_address_has_changed(
    newcomer, sent_emails, account_of, set_methods, signed_in_again
):
    tab = await newcomer("slow@both.example")
    await set_methods("slow@both.example", ["password"])
    await enter_new_address(tab, sent_emails, "slow@new.example")
    code = await code_to(sent_emails, "slow@both.example")
    other = await signed_in_again("slow@both.example")
    await enter_new_address(other, sent_emails, "slow@other.example")
    response = await tab.post(f"{EMAIL}/before", code=code)
    assert response.headers["location"] == EMAIL
    assert await account_of("slow@new.example") is None
    assert await account_of("slow@other.example") is not None


async def test_another_email_to_the_old_address_replaces_the_first(
    newcomer, sent_emails, account_of, set_methods
):
    tab = await newcomer("twice@both.example")
    await set_methods("twice@both.example", ["password"])
    await enter_new_address(tab, sent_emails, "twice@new.example")
    first = await code_to(sent_emails, "twice@both.example")
    assert f'action="{EMAIL}/before/again"' in (await tab.get(f"{EMAIL}/before")).text
    response = await tab.post(f"{EMAIL}/before/again")
    assert response.headers["location"] == f"{EMAIL}/before"
    second = await code_to(sent_emails, "twice@both.example")
    assert first == second or (await tab.post(f"{EMAIL}/before", code=first)).status_code == 400
    assert (await tab.post(f"{EMAIL}/before", code=second)).headers["location"] == ACCOUNT
    assert await account_of("twice@new.example") is not None


async def test_without_a_change_that_waits_no_letter_goes_to_the_old_address(
    newcomer, sent_emails, set_methods, signed_in_again
):
    tab = await newcomer("calm@both.example")
    await set_methods("calm@both.example", ["password"])
    before = len(await sent_emails("calm@both.example"))
    assert (await tab.post(f"{EMAIL}/before/again")).headers["location"] == EMAIL
    assert len(await sent_emails("calm@both.example")) == before
    await enter_new_address(tab, sent_emails, "calm@new.example")
    other = await signed_in_again("calm@both.example")
    await enter_new_address(other, sent_emails, "calm@other.example")
    moved = len(await sent_emails("calm@other.example"))
    assert (await tab.post(f"{EMAIL}/before/again")).headers["location"] == EMAIL
    assert len(await sent_emails("calm@other.example")) == moved


async def test_letters_to_the_old_address_are_counted(newcomer, sent_emails, set_methods, quota_of):
    tab = await newcomer("count@both.example")
    await set_methods("count@both.example", ["password"])
    await enter_new_address(tab, sent_emails, "count@new.example")
    responses = [await tab.post(f"{EMAIL}/before/again") for _ in range(quota_of("codes_for_address"))]
    assert responses[0].status_code == 303
    assert responses[-1].status_code == 429


async def test_another_letter_to_the_new_address_is_asked_for_on_its_page(newcomer, sent_emails, account_of):
    tab = await newcomer("more@both.example")
    await tab.post(EMAIL, email="more@new.example")
    page = (await tab.get(f"{EMAIL}/code")).text
    assert f'action="{EMAIL}"' in page
    assert 'name="email" value="more@new.example"' in page
    assert (await enter_new_address(tab, sent_emails, "more@new.example")).headers["location"] == ACCOUNT
    assert await account_of("more@new.example") is not None

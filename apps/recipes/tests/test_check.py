"""Every fault has its file, line, path, reason and way out, and all of them come at once."""

import pytest

from apps.recipes.__main__ import main
from apps.recipes.check.recipes import check_recipe
from apps.recipes.commands import Workspace
from apps.recipes.load.faults import RecipeError
from apps.recipes.load.folder import Parent
from apps.recipes.load.origins import MergedSource
from apps.recipes.services import compile_texts, read_parent_source
from apps.recipes.tests.conftest import ROOT


def check_text(parent, text):
    changed = Parent(parent.file, text, parent.welsh_file, parent.welsh)
    try:
        source = read_parent_source(changed)
    except RecipeError as error:
        return list(error.faults)
    return check_recipe(MergedSource(source.content, source), changed)


def test_the_repositorys_recipes_have_no_fault():
    workspace = Workspace(ROOT / "recipes", ROOT / "dev" / "data" / "council_settings.yaml")
    assert [str(fault) for fault in workspace.check()] == []


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        (["simulate", "citytown", "missed-bin"], 0, "missed-bin@1.0+citytown"),
        (["simulate", "citytwn", "missed-bin"], 1, "the council has no settings. Did you mean citytown?"),
        (["upgrade", "citytwn"], 1, "the council has no settings. Did you mean citytown?"),
        (["simulate", "citytown", "missed-bn"], 1, "no such service. Did you mean missed-bin?"),
        (["check"], 0, "nothing is wrong."),
    ],
)
def test_a_command_says_what_it_did_or_what_was_wrong(capsys, command, status, words):
    assert main(command) == status
    assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "path", "reason"),
    [
        ("held.active > 0", "held.activ > 0", "stop.active.when", "undeclared reference"),
        ("held.active > 0", "held.active > '0'", "stop.active.when", "no matching overload"),
        ("held.active > 0", "held.active", "stop.active.when", "truth is needed"),
        ("held.active > 0", "matches(today) > 0", "stop.active.when", "no function"),
        ("((held.until))", "((held.end))", "stop.active.say", "is no name"),
        ("of: address, down: stop", "of: [bins], down: stop", "facts.round.of", "not looked up by"),
        ("kind: garden-waste, ", "", "facts.held", "needs `kind:`"),
        ("min: 1, max: 4", "min: 5, max: 4", "ask.bins.max", "below min"),
        ("is: declaration,", "is: declaration, max: 3,", "ask.terms.max", "has no `max:`"),
        ("is: declaration,", "is: deklaration,", "ask.terms.is", "not one of its values"),
        ("times: bins - 1", "times: have - 1", "fee.lines.more.times", "may be unknown"),
        ("price: £40.00", "price: {1: £40.00}", "fee.lines.more.price", "gap"),
        ("price: £40.00", "price: 40", "fee.lines.more.price", "such as £50.00"),
        ("when: now", "when: hold", "fee.when", "`decide_within` is set"),
        ("Each extra bin", "Please each extra bin", "fee.lines.more.for", "please"),
        ("First bin", "First brown bin", "fee.lines.first", "changed since"),
        ("offer: renew", "offer: renwe", "stop.active.offer", "no such way out"),
        ("from: set.renew_from", "from: set.renew", "later.renew.from", "no such parameter"),
        ("{name: 1 year", "{nam: 1 year", "privacy.keep.nam", "no such question"),
        ("name: {is: name", "name: {when: contact.x == 1, is: name", "ask.name.when", "undeclared"),
        ("name: {is: name", "name: {when: terms, is: name", "ask.name.when", "not known before"),
        ("delegates: waste\n", "", "delegates", "missing"),
    ],
)
def test_a_fault_is_named_with_its_path_reason_and_way_out(folder, old, new, path, reason):
    parent = folder.read_parent("garden-waste")
    assert old in parent.text
    faults = check_text(parent, parent.text.replace(old, new, 1))
    fault = next(fault for fault in faults if fault.path == path and reason in fault.reason)
    assert fault.way_out
    assert fault.line > 1 or path == "delegates"


def test_all_faults_come_at_once(folder):
    parent = folder.read_parent("garden-waste")
    text = parent.text.replace("held.active > 0", "held.activ > 0").replace(
        "offer: tell_me", "offer: nothing"
    )
    assert {fault.path for fault in check_text(parent, text)} == {"stop.active.when", "stop.no_round.offer"}


def test_money_is_held_only_where_the_longest_decision_is_in_time(folder):
    parent = folder.read_parent("parking-permit")
    on_hold = parent.text.replace("when: approved", "when: hold")
    assert [fault.path for fault in check_text(parent, on_hold)] == ["fee.when"]
    assert (
        check_text(parent, on_hold.replace("decide_within: 3 working days", "decide_within: 48 hours")) == []
    )


HEAD = "extends: uk/garden-waste@1\n"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("ask: {bins: {is: text}}", "2 ask.bins.is: fixed by the parent. You may change ask, from"),
        ("ask: {bins: none}", "2 ask.bins: only an optional question may be taken out."),
        ("ask: {colour: {is: text, ask: Which?}}", "2 ask.colour: the parent has no such thing."),
        ("ask: {council_why: {is: text, ask: Why?}}", "2 ask.council_why: your own question needs `after:`."),
        ("case: other@1", "2 case: fixed by the parent."),
        ("delegates: parking", "2 delegates: fixed by the parent."),
        ("sign_in: no", "2 sign_in: signing in may be made stricter, not looser."),
        ("set: {seasn: 6 months}", "2 set.seasn: the parent sets no such parameter."),
        ("fee: {lines: {first: {price: £1.00}}}", "2 fee: a fee needs who decided it, and when."),
        ("fee: {when: approved}", "2 fee.when: fixed by the parent."),
        ("privacy: {basis: consent}", "2 privacy.basis: fixed by the parent."),
        ("privacy: {keep: {name: 2 years}}", "2 privacy.keep.name: answers may be kept shorter"),
        ("stop: {active: {when: true}}", "2 stop.active.when: it must be an expression."),
        ("then: {paid: {do: stop_it}}", "2 then.paid.do: fixed by the parent."),
    ],
)
def test_a_council_may_not_touch_what_is_the_parents(folder, councils, line, fault):
    child = ("citytown/garden-waste.yaml", HEAD + line)
    with pytest.raises(RecipeError) as refusal:
        compile_texts(folder.read_parent("garden-waste"), child, councils["citytown"])
    assert f"citytown/garden-waste.yaml:{fault}" in str(refusal.value)


def test_a_councils_own_question_has_its_place_and_is_kept_apart(folder, councils):
    line = "ask: {council_gate: {is: yes_no, ask: Is there a gate?, after: bins, why: For the crew}}"
    child = ("citytown/garden-waste.yaml", HEAD + line)
    bundle = compile_texts(folder.read_parent("garden-waste"), child, councils["citytown"])
    assert [question.id for question in bundle.questions][1:3] == ["bins", "council_gate"]
    assert bundle.by_question["council_gate"].local

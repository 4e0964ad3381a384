import csv
import gzip
import io
import json
from pathlib import Path

from rich.console import Console

from dev import demonstration, state, telling
from dev.telling import Lines, Screen
from dev.trouble import Trouble


class Recorder:
    """A teller that remembers."""

    def __init__(self):
        self.heard = []

    def __getattr__(self, name):
        return lambda *values: self.heard.append((name, *values))


def test_what_a_background_town_tells_reaches_the_terminal():
    stream, log, recorder = io.StringIO(), io.StringIO(), Recorder()
    lines = Lines(stream, log)
    lines.expect(3)
    lines.step("postgres", None)
    lines.step("postgres", 0.5)
    lines.rows("citytown", 10, 20, "reading")
    lines.ready(Path("/somewhere"), 1.5)
    lines.note("after that the terminal is gone")
    assert telling.listen(stream.getvalue().splitlines(), recorder) == "ready"
    assert recorder.heard == [
        ("expect", 3),
        ("step", "postgres", None),
        ("step", "postgres", 0.5),
        ("rows", "citytown", 10, 20, "reading"),
        ("ready", Path("/somewhere"), 1.5),
    ]
    assert log.getvalue().endswith("+00:00 after that the terminal is gone\n")


def test_a_town_that_fails_in_the_background_says_why():
    stream, recorder = io.StringIO(), Recorder()
    Lines(stream, io.StringIO()).trouble(Trouble("port taken", "take another"))
    assert telling.listen(stream.getvalue().splitlines(), recorder) == "trouble"
    (heard,) = recorder.heard
    assert heard[1].what == "port taken"
    assert heard[1].way_out == "take another"


def test_a_supervisor_that_ends_without_a_word_is_noticed():
    assert telling.listen([], Recorder()) == ""


def test_the_summary_shows_the_key_and_three_lines_to_try(tmp_path):
    councils = {"citytown": {"api_key": "the-key", "client_id": "a", "client_secret": "hidden"}}
    state.write(
        tmp_path / "sandbox.json",
        {
            "gateway": "http://127.0.0.1:9",
            "upstream": "http://localhost:17",
            "service": "http://localhost:18",
            "councils": councils,
        },
    )
    out = io.StringIO()
    Screen(Console(file=out, width=80, soft_wrap=True)).ready(tmp_path, 12.34)
    said = out.getvalue()
    assert "ready (12.3 s)" in said
    assert "\nthe-key\n" in said
    assert said.count("curl ") == 3
    assert f'"X-Api-Key: $(cat {tmp_path}/citytown.key)"' in said
    assert "hidden" not in said
    assert "http://127.0.0.1:9/identity/sign-in?council=citytown" in said
    assert "http://localhost:17 " in said
    assert "http://localhost:18 " in said


def test_a_plain_terminal_gets_a_line_for_each_step():
    out = io.StringIO()
    screen = Screen(Console(file=out, force_terminal=False))
    screen.expect(1)
    screen.step("nats", None)
    screen.step("nats", 0.25)
    screen.note("citytown: 112,339 properties")
    assert out.getvalue() == "nats (0.2 s)\ncitytown: 112,339 properties\n"


def test_only_what_the_loader_says_in_json_is_heard():
    assert demonstration._object('{"rows": 5, "total": 9}') == {"rows": 5, "total": 9}
    for line in ("", "loading", "[]", "7", "null"):
        assert demonstration._object(line) == {}, line


def test_the_small_demonstration_is_a_part_of_the_whole(tmp_path):
    whole = demonstration.DATA / "hillshire" / demonstration.FILE
    part = demonstration._part(whole, demonstration.SMALL["hillshire"], tmp_path)
    with gzip.open(part, "rt") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4434
    assert {row["postcode"][:5] for row in rows} == {"FK8 1"}
    uprns = {row["uprn"] for row in rows}
    assert all(row["parentuprn"] in uprns for row in rows if row["parentuprn"])
    assert demonstration.KNOWN["hillshire"] in {row["postcode"] for row in rows}
    assert json.dumps(sorted(demonstration.KNOWN)) == json.dumps(sorted(demonstration.SMALL))

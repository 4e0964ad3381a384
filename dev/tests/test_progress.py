import csv
import gzip
import io
import json
from pathlib import Path

from rich.console import Console

from dev import demo_data, progress, state
from dev.errors import UserError
from dev.progress import ConsoleReporter, PipeReporter


class RecordingReporter:
    """A reporter that remembers."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        return lambda *values: self.calls.append((name, *values))


def test_reports_of_the_background_reach_the_terminal():
    stream, log, recorder = io.StringIO(), io.StringIO(), RecordingReporter()
    pipe = PipeReporter(stream, log)
    pipe.expect(3)
    pipe.step("postgres", None)
    pipe.step("postgres", 0.5)
    pipe.rows("citytown", 10, 20, "reading")
    pipe.ready(Path("/somewhere"), 1.5)
    pipe.note("now there is no terminal")
    assert progress.relay(stream.getvalue().splitlines(), recorder) == "ready"
    assert recorder.calls == [
        ("expect", 3),
        ("step", "postgres", None),
        ("step", "postgres", 0.5),
        ("rows", "citytown", 10, 20, "reading"),
        ("ready", Path("/somewhere"), 1.5),
    ]
    assert log.getvalue().endswith("+00:00 now there is no terminal\n")


def test_an_error_in_the_background_reaches_the_terminal():
    stream, recorder = io.StringIO(), RecordingReporter()
    PipeReporter(stream, io.StringIO()).error(UserError("port taken", "take another"))
    assert progress.relay(stream.getvalue().splitlines(), recorder) == "error"
    (call,) = recorder.calls
    assert call[1].problem == "port taken"
    assert call[1].remedy == "take another"


def test_a_supervisor_that_ends_without_a_report_is_noticed():
    assert progress.relay([], RecordingReporter()) == ""


def test_the_summary_shows_the_key_and_three_commands(tmp_path):
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
    ConsoleReporter(Console(file=out, width=80, soft_wrap=True)).ready(tmp_path, 12.34)
    output = out.getvalue()
    assert "ready (12.3 s)" in output
    assert "\nthe-key\n" in output
    assert output.count("curl ") == 3
    assert f'"X-Api-Key: $(cat {tmp_path}/citytown.key)"' in output
    assert "hidden" not in output
    assert "http://127.0.0.1:9/identity/sign-in?council=citytown" in output
    assert "http://localhost:17 " in output
    assert "http://localhost:18 " in output


def test_a_plain_terminal_gets_a_line_for_each_step():
    out = io.StringIO()
    screen = ConsoleReporter(Console(file=out, force_terminal=False))
    screen.expect(1)
    screen.step("nats", None)
    screen.step("nats", 0.25)
    screen.note("citytown: 112,339 properties")
    assert out.getvalue() == "nats (0.2 s)\ncitytown: 112,339 properties\n"


def test_only_json_lines_of_the_loader_are_read():
    assert demo_data._parse_line('{"rows": 5, "total": 9}') == {"rows": 5, "total": 9}
    for line in ("", "loading", "[]", "7", "null"):
        assert demo_data._parse_line(line) == {}, line


def test_the_small_demonstration_is_a_part_of_the_whole(tmp_path):
    full = demo_data.DATA / "hillshire" / demo_data.FILE
    part = demo_data._write_part(full, demo_data.SMALL["hillshire"], tmp_path)
    with gzip.open(part, "rt") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4434
    assert {row["postcode"][:5] for row in rows} == {"FK8 1"}
    uprns = {row["uprn"] for row in rows}
    assert all(row["parentuprn"] in uprns for row in rows if row["parentuprn"])
    assert demo_data.KNOWN_POSTCODES["hillshire"] in {row["postcode"] for row in rows}
    assert json.dumps(sorted(demo_data.KNOWN_POSTCODES)) == json.dumps(sorted(demo_data.SMALL))

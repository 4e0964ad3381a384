from dev import logs


def test_a_log_that_grew_too_large_is_cut_while_its_writer_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "LARGEST", 10)
    log = logs.file(tmp_path, "envoy")
    log.parent.mkdir()
    with log.open("a", buffering=1) as writer:
        writer.write("a long first line\n")
        logs.cut(tmp_path)
        writer.write("second\n")
        logs.cut(tmp_path)
    assert log.read_text() == "second\n"
    assert (log.parent / "envoy.log.1").read_text() == "a long first line\n"


def test_the_logs_of_the_run_before_are_set_aside(tmp_path):
    for name in ("nats", logs.SUPERVISOR):
        logs.file(tmp_path, name).parent.mkdir(exist_ok=True)
        logs.file(tmp_path, name).write_text(name)
    logs.begin(tmp_path)
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == ["nats.log.1", "supervisor.log"]

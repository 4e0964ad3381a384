from dev import logs


def test_a_large_log_is_truncated_while_its_process_writes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "MAX_BYTES", 10)
    log = logs.path(tmp_path, "envoy")
    log.parent.mkdir()
    with log.open("a", buffering=1) as writer:
        writer.write("a long first line\n")
        logs.truncate_large(tmp_path)
        writer.write("second\n")
        logs.truncate_large(tmp_path)
    assert log.read_text() == "second\n"
    assert (log.parent / "envoy.log.1").read_text() == "a long first line\n"


def test_the_logs_of_an_earlier_run_are_renamed(tmp_path):
    for name in ("nats", logs.SUPERVISOR):
        logs.path(tmp_path, name).parent.mkdir(exist_ok=True)
        logs.path(tmp_path, name).write_text(name)
    logs.rotate(tmp_path)
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == ["nats.log.1", "supervisor.log"]

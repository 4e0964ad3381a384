"""No change of the comparison lands without its long tests."""

import subprocess

import pytest

from dev.contracts import proof


def test_the_comparison_passed_its_long_tests_as_it_is():
    assert proof.read_record() == proof.digest_sources(), "way out: python -m dev.contracts prove"


def test_any_change_of_a_source_changes_the_digest(tmp_path):
    digests = {proof.digest_sources([tmp_path])}
    (tmp_path / "limits.py").write_text("MOST = 1\n")
    digests.add(proof.digest_sources([tmp_path]))
    (tmp_path / "limits.py").write_text("MOST = 2\n")
    digests.add(proof.digest_sources([tmp_path]))
    (tmp_path / "limits.py").rename(tmp_path / "bounds.py")
    digests.add(proof.digest_sources([tmp_path]))
    assert len(digests) == 4


@pytest.mark.parametrize("status", [0, 1])
def test_the_record_is_written_only_when_every_test_passes(status, tmp_path, monkeypatch):
    monkeypatch.setattr(proof, "ROOT", tmp_path)
    monkeypatch.setattr(proof, "RECORD", tmp_path / "proven.txt")
    calls = []

    def run(argv, **_):
        calls.append(argv)
        return subprocess.CompletedProcess(argv, status)

    monkeypatch.setattr(subprocess, "run", run)
    assert proof.prove_comparison() == status
    assert proof.read_record(tmp_path / "proven.txt") == ("" if status else proof.digest_sources())
    (argv,) = calls
    assert argv[-2:] == ["long or not long", str(proof.TESTS)]

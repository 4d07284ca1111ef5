"""headrace policy as people and scripts call it: exit codes, stdout for results, stderr for the rest."""

import json
from pathlib import Path

import pytest

from headrace.logs import open_installation
from headrace.settings import load
from schemas.records import Policy
from schemas.topics import FACTS
from tests.connectors.files.test_ingest import ROWS, write
from tests.facts import facts
from tests.headrace.test_installation_commands import SETTINGS, call, run_all
from tests.headrace.test_intake_commands import log_of

ONE = """\
version = 1
[reminders]
minimum_minor = 700
[[variants]]
name = "391"
where.segment = "391"
reminders.minimum_minor = 900
"""
TWO = """\
version: 2
reminders: {minimum_minor: 800}
calendars:
  US: {years: [2012, 2014]}
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven facts of two accounts, with a policy from the start and one from a day on, all done."""
    directory = tmp_path_factory.mktemp("made") / "d"
    assert (
        call("ingest", "--dir", directory, "--map", "ar_history", write(directory.parent / "ar.csv", *ROWS)).exit_code
        == 0
    )
    one, two = directory.parent / "one.toml", directory.parent / "two.yaml"
    one.write_text(ONE)
    two.write_text(TWO)
    first = call("policy", "publish", one, "--dir", directory, "--actor", "kim", "--note", "why")
    assert (first.exit_code, first.stdout) == (0, "version 1 is published, and is in all 4 shards\n")
    second = call("policy", "publish", two, "--from", "2013-02-01", "--dir", directory)
    assert second.stdout == "version 2 is published from 2013-02-01 on, and is in all 4 shards\n"
    assert second.stderr.splitlines()[:4] == [
        "warning: calendars.US.time_zone: is not there: its local time is UTC",
        "it replaces all of version 1: what the file does not say is as built in again",
        "what is other than in version 1, 3 values:",
        "  reminders.minimum_minor: 700, will be 800",
    ]
    assert "  reminders.minimum_minor for segment 391: 900, will be 800" in second.stderr.splitlines()
    assert "is past" not in second.stderr
    done = run_all(directory)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "policy: version 2 is in force in all 4 shards"
    return directory


def test_a_policy_is_checked_with_all_that_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(ONE.replace("700", '"7"').replace("900", "-1"))
    found = call("policy", "check", path)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr == f"{path}:3: reminders.minimum_minor: '7' must be a whole number\n"
    path.write_text(ONE)
    right = call("policy", "check", path)
    assert (right.exit_code, right.stdout) == (
        0,
        f"{path}: version 1 can be in force: 1 variants, calendars default\n",
    )
    assert json.loads(call("policy", "check", path, "--json").stdout) == {"version": 1, "warnings": []}
    assert (
        call("policy", "check", tmp_path / "none.toml").stderr
        == f"{tmp_path / 'none.toml'}: No such file or directory\n"
    )
    compiled = call("policy", "compile", path)
    path.write_text(compiled.stdout)
    assert call("policy", "compile", path).stdout == compiled.stdout


def test_published_policies_are_facts_in_every_shard_and_listed_with_their_places(directory: Path) -> None:
    log = log_of(directory)
    for part in facts(log, FACTS):
        assert [fact.version for fact in part if isinstance(fact, Policy)] == [1, 2]
    log.close()
    said = json.loads(call("policy", "list", "--dir", directory, "--json").stdout)
    assert said["in_all_shards"] is True
    built_in, one, two = said["versions"]
    assert (built_in["state"], one["state"], two["state"]) == ("over", "over", "in force in all shards")
    assert (one["from"], one["published_by"], one["note"], two["from"]) == (None, "kim", "why", "2013-02-01")
    assert [place["shard"] for place in two["took_effect"]] == [0, 1, 2, 3]
    assert {place["time"] for place in two["took_effect"]} == {"2013-01-31T23:59:59Z"}
    assert [place["offset"] for place in one["took_effect"]] == [0, 0, 0, 0]
    assert "in force in all shards" in call("policy", "list", "--dir", directory).stdout
    assert call("verify", "--dir", directory).exit_code == 0


def test_publishing_again_and_what_is_refused(directory: Path) -> None:
    one = directory.parent / "one.toml"
    again = call("policy", "publish", one, "--dir", directory)
    assert (again.exit_code, again.stdout) == (0, "version 1 is published already, and is in all 4 shards\n")
    other = directory.parent / "other.toml"
    other.write_text(ONE.replace("700", "701"))
    found = call("policy", "publish", other, "--dir", directory)
    assert (found.exit_code, found.stdout, found.stderr) == (
        1,
        "",
        "version 1 is published with another text: give this one the next number; what is other: reminders.minimum_minor\n",
    )
    late = call("policy", "publish", "--take-back", 2, "--dir", directory)
    assert (late.exit_code, late.stderr) == (1, "version 2 is in force: publish another one that says what it should\n")
    assert call("policy", "publish", "--dir", directory).exit_code == 2
    assert call("policy", "publish", one, "--take-back", 1, "--dir", directory).exit_code == 2
    assert call("policy", "publish", one, "--from", "2013-02-30", "--dir", directory).exit_code == 2


def test_a_version_that_waits_is_taken_back(tmp_path: Path) -> None:
    directory, path = tmp_path / "d", tmp_path / "one.toml"
    path.write_text(ONE)
    open_installation(load(directory, None).model_copy(update={"shards": int(SETTINGS["HEADRACE_SHARDS"])})).close()
    assert call("policy", "publish", path, "--from", "2030-01-01", "--dir", directory).exit_code == 0
    back = call("policy", "publish", "--take-back", 1, "--dir", directory, "--note", "wrong")
    assert (back.exit_code, back.stdout) == (0, "version 1 is taken back, and is in all 4 shards\n")
    (_, one) = json.loads(call("policy", "list", "--dir", directory, "--json").stdout)["versions"]
    assert one["state"] == "taken back"
    refused = call("policy", "publish", path, "--from", "2030-01-01", "--dir", directory)
    assert refused.stderr == "version 1 was taken back: give the policy the next number\n"


def test_where_four_eyes_are_asked_for_another_approves(tmp_path: Path) -> None:
    directory, path, config = tmp_path / "d", tmp_path / "one.toml", tmp_path / "headrace.toml"
    path.write_text(ONE)
    config.write_text(f'dir = "{directory}"\npolicy_approval = true\n')
    directory.mkdir()
    proposed = call("policy", "publish", path, "--config", config, "--actor", "kim")
    assert proposed.stdout == "version 1 is proposed: another has to approve it (headrace policy approve 1)\n"
    (_, one) = json.loads(call("policy", "list", "--config", config, "--json").stdout)["versions"]
    assert (one["state"], one["published_by"], one["approved_by"]) == ("proposed", "kim", "")
    own = call("policy", "approve", 1, "--config", config, "--actor", "kim")
    assert (own.exit_code, own.stderr) == (1, "version 1 is kim's own: another has to approve it\n")
    other = call("policy", "approve", 1, "--config", config, "--actor", "lee")
    assert other.stdout == "version 1 is published, and is in all 4 shards\n"
    (_, one) = json.loads(call("policy", "list", "--config", config, "--json").stdout)["versions"]
    assert (one["state"], one["published_by"], one["approved_by"]) == ("waits", "kim", "lee")


def test_differences_of_files_versions_and_the_built_in_policy(directory: Path) -> None:
    found = call("policy", "diff", 1, directory.parent / "two.yaml", "--dir", directory, "--json")
    assert [(c["path"], c["for"], c["before"], c["after"]) for c in json.loads(found.stdout)] == [
        ("reminders.minimum_minor", {}, 700, 800),
        ("reminders.minimum_minor", {"segment": "391"}, 900, 800),
        ("calendars.US", {"country": "US"}, None, "32 holidays"),
    ]
    table = call("policy", "diff", "built-in", 1, "--dir", directory).stdout
    assert "segment 391" in table
    same = call("policy", "diff", 2, 2, "--dir", directory)
    assert (same.stdout, same.stderr) == ("", "2 and 2 say the same for everyone\n")
    assert call("policy", "diff", 1, 2).stderr == "1: no such file; for a published version say --dir or --config\n"
    shown = directory.parent / "shown.toml"
    shown.write_text(call("policy", "show", 2, "--dir", directory).stdout)
    assert call("policy", "diff", 2, shown, "--dir", directory).stderr.endswith("say the same for everyone\n")


def test_an_account_s_policy_is_explained_by_line_on_any_day(directory: Path) -> None:
    def minimum(at: str, account: str = "0379-NEVHP") -> tuple[int, bool, int, str, str]:
        answer = call("policy", "explain", account, "--dir", directory, "--at", at, "--section", "reminders", "--json")
        (said,) = json.loads(answer.stdout)
        (value,) = [value for value in said["values"] if value["path"] == "reminders.minimum_minor"]
        return said["version"], said["in_force"], value["value"], value["by"], value["why"]

    assert minimum("2013-01-31") == (1, True, 900, "391", "goes before the base (700)")
    assert minimum("2013-02-01") == (2, True, 800, "base", "")
    # The log ends before that day.
    assert minimum("2030-01-01")[:3] == (2, True, 800)
    company = ("--tenant", "sample", "--entity", "ibm")
    table = call("policy", "explain", "0379-NEVHP", *company, "--at", "2013-01-31", "--dir", directory).stdout
    assert "policy version 1, with 391" in table
    assert "goes before the base (700)" in table
    none = call("policy", "explain", "NOBODY", "--dir", directory)
    assert none.exit_code == 1
    assert none.stderr.startswith("NOBODY: no fact names it up to ")


def test_a_section_that_is_none_is_wrong_usage(directory: Path) -> None:
    found = call("policy", "explain", "A-1", "--dir", directory, "--section", "nosuch")
    assert found.exit_code == 2
    assert found.stderr.startswith("--section nosuch: there is no such section; there are release, reminders, promises")


def test_a_policy_is_tried_on_history(directory: Path) -> None:
    span = ("--dir", directory, "--from", "2012-01-01", "--to", "2013-12-31", "--jobs", 1)
    report = json.loads(call("policy", "try", directory.parent / "one.toml", *span, "--json").stdout)
    assert (report["policy_versions_replaced"], report["cash"]["receipts"]["was"]) == ([1, 2], 2)
    tables = call("policy", "try", directory.parent / "one.toml", *span)
    assert tables.exit_code == 0
    assert "(version 1) on 2012-01-01 to 2013-12-31" in tables.stdout
    assert "What this cannot say" in tables.stdout
    outside = call(
        "policy", "try", directory.parent / "one.toml", "--dir", directory, "--from", "2030-01-01", "--to", "2030-12-31"
    )
    assert (outside.exit_code, outside.stderr) == (2, "--from 2030-01-01 --to 2030-12-31: no fact is in that time\n")
    backwards = call(
        "policy", "try", directory.parent / "one.toml", "--dir", directory, "--from", "2013-01-01", "--to", "2012-01-01"
    )
    assert (backwards.exit_code, backwards.stderr) == (2, "--to 2012-01-01: is before --from 2013-01-01\n")


def test_who_publishes_for_a_day_that_is_past_is_told(directory: Path) -> None:
    """The last test: its version stays waiting for the next clock."""
    three = directory.parent / "three.toml"
    three.write_text("version = 3\n[reminders]\nminimum_minor = 800\n")
    done = call("policy", "publish", three, "--from", "2013-02-10", "--dir", directory)
    assert (done.exit_code, done.stdout) == (0, "version 3 is published from 2013-02-10 on, and is in all 4 shards\n")
    whole, count, *changes, past = done.stderr.splitlines()
    assert whole == "it replaces all of version 2: what the file does not say is as built in again"
    assert (count, len(changes)) == ("what is other than in version 2, 1 value:", 1)
    assert changes[0].startswith("  calendars.US for country US: ")
    assert past.startswith("warning: --from 2013-02-10 is past: the log's clock stands at 2013-03-03 23:59. ")
    again = call("policy", "publish", three, "--from", "2013-02-10", "--dir", directory)
    assert (again.exit_code, again.stderr) == (0, "")

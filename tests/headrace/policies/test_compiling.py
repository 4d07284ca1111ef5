"""Reading and compiling policy files: lines, what is left out, calendars by country as data, the same bytes each time."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from dataflows.rules.policy.policy import DEFAULT_TEXT, parse
from headrace.policies.compiling import built_in, compile_file, compile_text, ends_soon
from headrace.policies.reading import BadPolicy, read_toml, read_yaml

TOML = """\
version = 1

[reminders]
steps_days = [
    1,
    20,
    10,
]

[[variants]]
name = "gold"
where.tier = "gold"
[variants.promises]
tolerance_days = 91

[[variants]]
name = "west"
where = { region = "west" }
[variants.collections]
steps = [
    { role = "collector", hours = 1 },
    { role = "lead", hours = -1 },
]
"""
YAML = """\
version: 1
reminders:
  steps_days: [1, 20, 10]
variants:
  - name: gold
    where: {tier: gold}
    promises:
      tolerance_days: 91
  - name: norway
    where:
      country: no
      from: 2026-02-01
      until: 2026-01-01
    promises:
"""


def wrong(path: Path, text: str) -> list[str]:
    path.write_text(text)
    with pytest.raises(BadPolicy) as found:
        compile_file(path)
    return str(found.value).removeprefix(f"{path}:").replace(f"\n{path}:", "\n").split("\n")


def test_every_finding_has_its_line_and_path(tmp_path: Path) -> None:
    assert wrong(tmp_path / "p.toml", TOML) == [
        "4: reminders.steps_days: [1, 20, 10] must rise, each once",
        "14: variants[1].promises.tolerance_days: 91 must be at most 90",
        "20: variants[2].collections.steps[2].hours: -1 must be at least 0",
    ]
    assert wrong(tmp_path / "p.yaml", YAML) == ["14: variants[2].promises: is empty"]
    assert wrong(tmp_path / "p.yml", YAML.removesuffix("    promises:\n")) == [
        "3: reminders.steps_days: [1, 20, 10] must rise, each once",
        "8: variants[1].promises.tolerance_days: 91 must be at most 90",
        "13: variants[2].where.until: '2026-01-01' is before from",
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("p.toml", "version = ", " not TOML: Invalid value (at end of document)"),
        ("p.yaml", "a: [1\nb: 2\n", "2: not YAML: expected ',' or ']', but got ':'"),
        ("p.yaml", "- 1\n", " must be a table of sections"),
        ("p.toml", "[reminders]\nletters = 1\n", " version: is missing"),
    ],
)
def test_what_is_no_policy_at_all(name: str, text: str, said: str, tmp_path: Path) -> None:
    assert said in wrong(tmp_path / name, text)


def test_lines_of_tables_keys_and_lists_of_tables() -> None:
    text = '[a]\nb.c = 1\n[[a.d]]\nx = """\ntwo\nlines"""\n[[a.d]]\n[a.d.e]\ny = [\n 1,\n]\n'
    lines = read_toml(text, "t").lines
    assert {
        ("a",): 1,
        ("a", "b", "c"): 2,
        ("a", "d", 0): 3,
        ("a", "d", 0, "x"): 4,
        ("a", "d", 1): 7,
        ("a", "d", 1, "e"): 8,
        ("a", "d", 1, "e", "y"): 9,
    }.items() <= lines.items()
    source = read_yaml("a:\n  - b: 1\n  - c: 2\n", "y")
    assert (source.line(("a", 1, "c")), source.line(("a", 1, "d")), source.line(("z",))) == (3, 3, 0)


def test_what_is_left_out_is_as_in_the_built_in_policy() -> None:
    compiled = compile_text('version = 4\n[collections]\nweights.risk = 3\n[disputes.keywords]\ntax = ["vat"]\n', "t")
    default = tomllib.loads(DEFAULT_TEXT)
    assert compiled.version == 4
    assert compiled.document["release"] == default["release"]
    assert compiled.document["collections"]["weights"] == default["collections"]["weights"] | {"risk": 3}
    # Keywords are said anew as a whole: what is not there is not meant.
    assert compiled.document["disputes"]["keywords"] == {"tax": ["vat"]}
    assert tomllib.loads(built_in().text) == default


def test_compiled_text_is_the_same_each_time_and_what_the_rules_read() -> None:
    first = compile_text("version = 1\n[promises]\ntolerance_days = 5\n[release]\npod_days = 3\n", "a")
    other = compile_text("variants = []\nversion = 1\n[release]\npod_days = 3\n[promises]\ntolerance_days = 5\n", "b")
    assert first.text == other.text
    assert compile_text(first.text, "again").text == first.text
    assert parse(first.text).base.promises.tolerance_days == 5


CALENDARS = """\
version = 1
[calendars.US]
subdivision = "CA"
years = [2025, 2026]
time_zone = "America/Los_Angeles"
add = [2026-12-24]
remove = ["2026-11-26", "2026-06-18"]
[calendars.oslo]
country = "NO"
years = [2026, 2026]
time_zone = "Europe/Oslo"
start_minute = 540
[calendars.AE]
years = [2026, 2026]
"""


def test_calendars_by_country_become_days_and_offsets() -> None:
    compiled = compile_text(CALENDARS, "c.toml")
    us, oslo = compiled.document["calendars"]["US"], compiled.document["calendars"]["oslo"]
    assert set(us) == {"weekend", "holidays", "start_minute", "end_minute", "offsets"}
    # Cesar Chavez Day is California's own.
    assert {"2025-03-31", "2026-03-31", "2025-07-04", "2026-12-24", "2026-12-25"} <= set(us["holidays"])
    assert not {"2026-11-26", "2024-12-25", "2027-01-01"} & set(us["holidays"])
    assert us["holidays"] == sorted(us["holidays"])
    # Summer time of the west coast began on 9 March 2025 and 8 March 2026 at 10:00 UTC, and ended in November at 9:00.
    assert us["offsets"] == [
        0,
        -480,
        1741514400000,
        -420,
        1762074000000,
        -480,
        1772964000000,
        -420,
        1793523600000,
        -480,
    ]
    assert oslo["offsets"] == [0, 60, 1774746000000, 120, 1792890000000, 60]
    assert (oslo["start_minute"], oslo["end_minute"], oslo["weekend"]) == (540, 1020, [5, 6])
    assert "2026-05-17" in oslo["holidays"]
    assert list(compiled.warnings) == [
        "calendars.US.remove: 2026-06-18 is no holiday",
        "calendars.AE.time_zone: is not there: its local time is UTC",
    ]
    # The text says the days themselves: compiled again, by whatever version of the library, it is the same.
    assert "years = [2026" not in compiled.text
    assert compile_text(compiled.text, "again").text == compiled.text
    assert parse(compiled.text).calendars["US"].business_day(_day("2026-12-24")) == _day("2026-12-28")
    assert ends_soon(compiled, date(2026, 6, 1))[-1] == (
        "calendars.oslo: its last holiday is 2026-12-26; later days are business days"
    )


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "years = [2026, 2025]",
            "3: calendars.XX.years: [2026, 2025] must be the first and the last year, at the most 30",
        ),
        ("years = [2026]", "3: calendars.XX.years: [2026] must be longer"),
        (
            "years = [2026, 2026]",
            "2: calendars.XX.country: 'XX' is no country whose holidays are known; write its ISO 3166",
        ),
        (
            'years = [2026, 2026]\ncountry = "DE"\nsubdivision = "ZZ"',
            "5: calendars.XX.subdivision: 'ZZ' is none of DE; th",
        ),
        (
            'years = [2026, 2026]\ncountry = "DE"\ntime_zone = "Mars"',
            "5: calendars.XX.time_zone: 'Mars' is no time zone",
        ),
        ('years = [2026, 2026]\ncountry = "DE"\nholidays = []', "5: calendars.XX.holidays: is unknown"),
        ('years = [2026, 2026]\ncountry = "DE"\nadd = ["1.1."]', "5: calendars.XX.add[1]: '1.1.' must be a date"),
        (
            'years = [2026, 2026]\ncountry = "DE"\nend_minute = 100',
            "5: calendars.XX.end_minute: 100 must be after start",
        ),
    ],
)
def test_calendars_that_cannot_be(line: str, said: str, tmp_path: Path) -> None:
    (found,) = wrong(tmp_path / "p.toml", f"version = 1\n[calendars.XX]\n{line}\n")
    assert found.startswith(said)


def test_countries_without_a_calendar_are_told() -> None:
    text = 'version = 1\n[[disputes.routes]]\nowner = "kim"\ncalendar = "FR"\n[[variants]]\nname = "us"\nwhere.country = "US"\n'
    assert list(compile_text(text, "t").warnings) == [
        "calendars.FR: is not there, and a route of disputes names FR: the default calendar holds for it",
        "calendars.US: is not there, and variant 'us' names US: the default calendar holds for it",
    ]


SILVER = 'tier = "silver"'
LATE = '[[variants]]\nname = "late"\nwhere.tier = "gold"\nreminders.window_start_minute = 700\n'
LONG = '[[variants]]\nname = "long"\nwhere.{}\nreminders.window_minutes = 650\n'


def test_variants_that_are_wrong_together_are_refused_before_the_day_on_which_they_meet(tmp_path: Path) -> None:
    for where in ('region = "west"', 'currency = "EUR"'):
        (found,) = wrong(tmp_path / "p.toml", f"version = 1\n{LATE}{LONG.format(where)}")
        assert found.endswith("the window must lie outside the quiet hours (where 'long' and 'late' hold together)")
    # They never meet: another tier, or other days.
    compile_text(f"version = 1\n{LATE}{LONG.format(SILVER)}", "t")
    days = 'region = "west", until = "2026-01-31" }'
    late = LATE.replace('where.tier = "gold"', 'where = { tier = "gold", from = "2026-02-01" }')
    compile_text(f"version = 1\n{late}{LONG.format('X').replace('where.X', 'where = { ' + days)}", "t")


def test_many_variants_that_may_meet_are_tried_as_far_as_that_goes() -> None:
    text = "version = 1\n"
    for number in range(14):
        text += f'[[variants]]\nname = "v{number}"\nwhere = {{ customer = "A", from = "2026-01-{number + 1:02}", until = "2026-01-{number + 1:02}" }}\n'
        text += "promises.tolerance_days = 1\n"
    assert not [text for text in compile_text(text, "t").warnings if "not every set" in text]
    wheres = ["customer", "tier", "segment", "country", "region", "entity", "tenant", "currency"]
    text = "version = 1\n"
    for number, (one, two) in enumerate([(a, b) for a in wheres for b in wheres if a < b][:14]):
        text += (
            f'[[variants]]\nname = "v{number}"\nwhere = {{ {one} = "X", {two} = "X" }}\npromises.tolerance_days = 1\n'
        )
    assert (
        "variants of promises: so many may hold together that not every set of them was tried"
        in compile_text(text, "t").warnings
    )


EXAMPLES = """\
version = 1
[[variants]]
name = "gold"
where.tier = "gold"
where.from = "2026-02-01"
reminders.minimum_minor = 900
[[examples]]
name = "gold customers in spring"
at = 2026-04-01
tier = "gold"
expect = { "reminders.minimum_minor" = 900, "promises.tolerance_days" = 3 }
[[examples]]
name = "gold customers in January"
at = 2026-01-01
tier = "gold"
[examples.expect]
"reminders.minimum_minor" = 500
"""


def test_examples_are_held_against_the_policy_and_are_no_part_of_it(tmp_path: Path) -> None:
    compiled = compile_text(EXAMPLES, "t")
    assert "examples" not in compiled.text
    path = tmp_path / "p.toml"
    assert wrong(
        path, EXAMPLES.replace("= 500", "= 600").replace('"promises.tolerance_days" = 3', '"promises.tolerance" = 3')
    ) == [
        "11: examples[1].expect.promises.tolerance: is no value of the policy, such as release.pod_days",
        "17: examples[2].expect.reminders.minimum_minor: 'gold customers in January' expects 600, and the base says 500",
    ]
    assert wrong(path, EXAMPLES.replace("= 900\n[[", "= 901\n[["))[0] == (
        "11: examples[1].expect.reminders.minimum_minor: 'gold customers in spring' expects 900, and variant 'gold' says 901"
    )
    assert wrong(path, 'version = 1\n[[examples]]\nname = "x"\nexpect = {}\n') == [
        "2: examples[1].at: is missing",
        "4: examples[1].expect: {} must be longer",
    ]


def test_a_role_that_nobody_has_is_warned_of() -> None:
    levels = 'version = 1\n[[approvals.levels]]\nrole = "lead"\n'
    people = '[[approvals.people]]\nname = "kim"\nroles = ["{}"]\n'
    assert list(compile_text(levels, "t").warnings) == []
    assert list(compile_text(levels + people.format("lead"), "t").warnings) == []
    assert list(compile_text(levels + people.format("leed"), "t").warnings) == [
        "approvals.levels: nobody of approvals.people has the role 'lead', they have leed; only an owner of the account with "
        "that role (account_owner) may approve by it"
    ]
    with pytest.raises(BadPolicy, match="remainders: is unknown; is it reminders\\?"):
        compile_text("version = 1\n[remainders]\n", "t")

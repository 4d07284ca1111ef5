"""Settings that are wrong are told by their names; what may be a secret is not told."""

from pathlib import Path

import pytest

from connectors.registry.client import SchemaRegistry
from headrace.settings import WrongSettings, load
from sinks.delivery.setup import WrongSetup, read_setup
from tests.commands import ROOT, headrace_here
from tests.hooks import SECRET

HUSH = "hush-hush-77"
HOOK = f'[[webhooks]]\nname = "crm"\nsecrets = ["{SECRET}"]\n'
EMAIL = '[email]\nhost = "mail.example"\ndomain = "d.example"\nbounces_to = "b@d.example"\n'


def refused(text: str, directory: Path) -> str:
    (directory / "headrace.toml").write_text(text)
    with pytest.raises(WrongSettings) as found:
        load(directory, None)
    assert HUSH not in str(found.value)
    assert SECRET not in str(found.value)
    return str(found.value)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (f'redis_pasword = "{HUSH}"', "redis_pasword: no such setting"),
        (f'shrads = "{HUSH}"', "shrads: no such setting; is it shards?"),
        ('shards = "many"', "shards = 'many': Input should be a valid integer"),
        (f'redis = ["rediss://:{HUSH}@x"]', "redis: Input should be a valid string"),
        (f'kafka = {{ password = "{HUSH}" }}', "kafka: Input should be a valid string"),
        (f'password = {{ a = "{HUSH}" }}', "password: no such setting"),
        (f'webhooks = "{HUSH}"', "webhooks: Input should be a valid tuple"),
        (f'redis = "rediss://:{HUSH}@x:99999"', "redis: must be redis://HOST:PORT"),
        (f'redis = "rediss://x:{HUSH}"', "redis: must be redis://HOST:PORT"),
        (f'redis = "{HUSH}@x:6379"', "redis: must be redis://HOST:PORT"),
        (f'clickhouse = "http://us:{HUSH}@[x"', "clickhouse: must be http://HOST:PORT"),
        (HOOK + 'url = "https://a.example"\nevnts = ["paid"]', "webhooks 1.evnts: no such setting; is it events?"),
        (HOOK + f'url = "https://a.example"\nsecret = "{HUSH}"', "webhooks 1.secret: no such setting; is it secrets?"),
        (HOOK + f'url = "https://u:{HUSH}@a.example"', "webhooks 1: url: may hold neither a user nor a fragment"),
        (HOOK + f'url = "ftp://u:{HUSH}@a.example"', "webhooks 1: url: must be https://HOST/PATH"),
        (HOOK + f'url = "http://u:{HUSH}@a.example"', "webhooks 1: url: may hold neither"),
        (HOOK + f'url = "http://a.example?{HUSH}"', "webhooks 1: url: must be https"),
        (HOOK + f'url = "https://u:{HUSH}"', "webhooks 1: url: must be https://HOST/PATH"),
        (HOOK + f'url = "https://u:{HUSH}\u2100@a"', "webhooks 1: url: must be https://HOST/PATH"),
        (f'[[erp]]\nname = "x"\nmapping = "m.toml"\nsecret_file = 7\nurl = {{ a = "{HUSH}" }}', "erp 1.url: Input should be a valid string"),
        (f'[[erp]]\nname = "x"\nmapping = "m.toml"\nurl = "https://u:{HUSH}@x"', "erp 1: say where its secret is"),
        (f'[[erp]]\nname = "x"\nmapping = "m.toml"\nsecret = "{HUSH}"\nurl = "https://x"', "erp 1.secret: no such setting; is it secret_env?"),
        *[
            (f'[[erp]]\nname = "x"\nmapping = "m"\nsecret_env = "A"\nurl = "https://x"\nretry_seconds = [5, {wait}]', f"erp 1.retry_seconds 2 = {shown}: Input should be")
            for wait, shown in (("inf", "inf"), ("nan", "nan"), ("1e30", "1e+30"), ("0", "0"))
        ],
        ('[[erp]]\nname = "x"\nsecret_env = "A"\nurl = "https://x"', "erp 1.mapping: must be said"),
        ('[[erp]]\nname = "X!"\nmapping = "m.toml"\nsecret_env = "A"\nurl = "https://x"', "erp 1.name = 'X!': String should match"),
    ],
)  # fmt: skip
def test_a_setting_that_is_wrong_is_told_without_what_may_be_secret(text: str, finding: str, tmp_path: Path) -> None:
    assert f"{tmp_path}/headrace.toml: {finding}" in refused(text, tmp_path)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (EMAIL + f'password = "{HUSH}"', "email.password: no such setting; is it password_file?"),
        (EMAIL + f'password_file = [7, "{HUSH}"]', "email.password_file: Input is not a valid path"),
        (EMAIL + f'receipts_to = "{HUSH}"', "email.receipts_to: must be NAME@DOMAIN, and nothing else"),
        (EMAIL + "port = 0", "email.port = 0: Input should be greater than or equal to 1"),
        (f'email = "smtp://us:{HUSH}@mail.example"', "email: Input should be a valid dictionary"),
        (f'[api]\nurl = "https://a.example"\ntoken = "{HUSH}"', "api.token: no such setting; is it token_file?"),
        (f'[api]\nurl = "https://u:{HUSH}@a.example"', "api: url must be https://HOST/PATH"),
        (f'[api]\nurl = "https://u:{HUSH}"', "api: url must be https://HOST/PATH"),
        *[
            (f'[{name}]\nurl = "https://a.example/{HUSH}{rest}"', f"{name}: url must have no fragment")
            for name in ("api", "portal")
            for rest in ("#part", " b", "\u00fc")
        ],
        (f'[portal]\nurl = "https://a.example/box?sig={HUSH}"', "portal: url must have no query"),
        (f'[api]\ntoken_file = "{HUSH}"', "api: say either url or folder"),
        ('[[taxes]]\ncode = "A"\ncategory = "Q"', "taxes 1.category = 'Q': Input should be 'S', 'Z'"),
        (f'[[senders]]\nibann = "{HUSH}"', "senders 1.ibann: no such setting; is it iban?"),
    ],
)  # fmt: skip
def test_so_it_is_with_what_delivery_is_set_by(text: str, finding: str, tmp_path: Path) -> None:
    (tmp_path / "delivery.toml").write_text(text)
    with pytest.raises(WrongSetup) as found:
        read_setup(tmp_path / "delivery.toml")
    assert f"{tmp_path}/delivery.toml: {finding}" in str(found.value)
    assert HUSH not in str(found.value)


@pytest.mark.parametrize(
    "url", [f"ftp://us:{HUSH}@x", f"https://us:{HUSH}", f"http://us:{HUSH}@[x", f"http://us:{HUSH}@x:0"]
)
def test_an_address_of_a_registry_that_is_none_is_not_told(url: str) -> None:
    with pytest.raises(ValueError, match="must be an http or https address") as found:
        SchemaRegistry(url)
    assert HUSH not in str(found.value)


def test_an_installation_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "kunden.csv").write_text("a,b\n")
    with pytest.raises(WrongSettings) as found:
        load(tmp_path / "kunden.csv", None)
    assert str(found.value) == f"{tmp_path}/kunden.csv: is a file; an installation is a directory"


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "headrace.toml").write_bytes(b'redis = "\xe4"')
    with pytest.raises(WrongSettings, match=r"headrace\.toml: is not UTF-8"):
        load(tmp_path, None)


def test_addresses_that_are_some_are_taken(tmp_path: Path) -> None:
    (tmp_path / "headrace.toml").write_text(
        'redis = "rediss://:p%40ss@x:6380/0"\nclickhouse = "https://us:word@x/headrace"\nschema_registry = "http://127.0.0.1:1"'
    )
    found = load(tmp_path, None)
    assert (found.redis, found.schema_registry) == ("rediss://:p%40ss@x:6380/0", "http://127.0.0.1:1")


@pytest.mark.parametrize("name", ["HEADRACE_WEBHOOKS", "HEADRACE_ERP"])
@pytest.mark.parametrize("text", ['[{"name": "crm", "secrets": ["hush-hush-77"]', "hush-hush-77"])
def test_the_environments_json_that_is_none_is_told_without_it(
    name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(WrongSettings, match=f'"{name.removeprefix("HEADRACE_").lower()}".*it must be JSON') as found:
        load(tmp_path, None)
    assert HUSH not in str(found.value)
    assert len(str(found.value)) < 300


def test_json_of_the_environment_that_is_too_deep_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_WEBHOOKS", "[" * 100_000)
    with pytest.raises(WrongSettings, match="brackets within brackets"):
        load(tmp_path, None)


def test_the_command_says_it_without_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_WEBHOOKS", f'[{{"secrets": ["{HUSH}"')
    done = headrace_here(tmp_path, "webhooks", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert "it must be JSON, and is not, line 1 column" in done.stderr
    assert HUSH not in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_shown_of_delivery_toml_is_read_and_has_all_that_must_be_there(tmp_path: Path) -> None:
    blocks = (ROOT / "docs" / "delivery.md").read_text().partition("## Set-up")[2].partition("## Words")[0]
    shown = "\n".join(line[4:] for line in blocks.splitlines() if line.startswith("    "))
    (tmp_path / "delivery.toml").write_text(shown)
    found = read_setup(tmp_path / "delivery.toml")
    assert found.email is not None
    assert found.email.bounces_to == "bounces@acme.example"
    (partner,) = found.edi_partners
    assert found.edi_id(partner.tenant, partner.entity, partner.account) == partner.edi_id == "ZZ:CUSTOMER467"
    for needed in ("host", "domain", "bounces_to"):
        less = "\n".join(line for line in shown.splitlines() if not line.startswith(f"{needed} = "))
        (tmp_path / "delivery.toml").write_text(less)
        with pytest.raises(WrongSetup, match=f"email.{needed}: must be said"):
            read_setup(tmp_path / "delivery.toml")

"""Templates say plain words: they call nothing of ours, and what they lack is told."""

from pathlib import Path

import pytest

from sinks.delivery.documents.pdf import invoice_values
from sinks.delivery.documents.templates import BLOCKS, SHIPPED, NoTemplate, Template, Templates
from sinks.delivery.documents.wording import Wording
from tests.sinks.delivery.papers import all_approved, discounted


def template(words: str) -> Template:
    return Template("en", "x", words, {}, "")


@pytest.mark.parametrize(
    "words",
    [
        "{% block subject %}{{ ''.__class__.__mro__[1].__subclasses__() }}{% endblock %}",
        "{% block subject %}{{ self.__init__.__globals__ }}{% endblock %}",
        "{% block subject %}{{ names.append(1) }}{% endblock %}",
        "{% block subject %}{{ nobody_said }}{% endblock %}",
        "{% block subject %}{{ 1 / 0 }}{{ names[7] + 'x' }}{% endblock %}",
        "{% block subject %}{% include '/etc/passwd' %}{% endblock %}",
    ],
)
def test_nothing_outside_is_reached(words: str) -> None:
    with pytest.raises(NoTemplate, match="template en/x, block subject"):
        template(words).render("subject", {"names": [1]})


def test_all_that_ship_have_the_same_parts_and_labels() -> None:
    found = Templates([SHIPPED], {})
    names = found.names()
    languages = sorted({language for language, _ in names})
    assert languages == ["de", "en", "es", "fr"]
    assert len(names) == 4 * len(languages)
    labels = set()
    for language, name in names:
        one = found.read(language, name)
        assert one is not None
        assert one.missing([*BLOCKS, *(["terms"] if name in ("invoice", "credit_note") else [])]) == []
        labels.add(tuple(sorted(one.labels)))
    assert len(labels) == 1


def test_a_language_is_taken_before_its_region_and_the_fallback() -> None:
    found = all_approved()
    for languages, right in (
        (["de-AT", "en"], "de"),
        (["de", "en"], "de"),
        (["nl-NL", "en"], "en"),
        (["", "fr"], "fr"),
    ):
        assert found.approved("reminder", languages).language == right
    with pytest.raises(NoTemplate, match="there is no template reminder in nl-NL"):
        found.approved("reminder", ["nl-NL", ""])
    for name in ("../en/reminder", "..", "x/../../y", "x" * 300, "x\x00", ""):
        assert found.read("en", name) is None
    for language in ("../en", "..", ".", "\u00fc" * 128, "x" * 300, "en\x00", "e\u0301n", ""):
        assert found.read(language, "reminder") is None
        assert found.approved("reminder", [language, "en"]).language == "en"


def test_another_language_is_no_way_around_an_approval() -> None:
    found = Templates([SHIPPED], {"en/reminder": Templates([SHIPPED], {}).choose("reminder", ["en"]).digest})
    assert found.approved("reminder", ["en-US"]).language == "en"
    with pytest.raises(NoTemplate, match="de/reminder is not approved"):
        found.approved("reminder", ["de-DE", "en"])


def test_an_installations_own_goes_before_what_ships(tmp_path: Path) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "reminder.txt").write_text("{% block subject %}Eigenes{% endblock %}")
    found = Templates([tmp_path, SHIPPED], {})
    one = found.read("de", "reminder")
    assert one is not None
    assert one.render("subject", {}) == "Eigenes"
    assert one.labels["invoice"] == "Rechnung"
    assert one.digest != Templates([SHIPPED], {}).choose("reminder", ["de"]).digest


def test_labels_that_lack_one_or_cannot_be_filled_are_no_template(tmp_path: Path) -> None:
    (tmp_path / "nl").mkdir()
    (tmp_path / "nl" / "invoice.txt").write_text("")
    (tmp_path / "nl" / "labels.toml").write_text('discount = "{rate} tot {date}"')
    found = Templates([tmp_path, SHIPPED], {}).choose("invoice", ["nl"])
    assert {"account", "total_open"} <= set(found.lacking())
    assert "discount" not in found.lacking()
    with pytest.raises(NoTemplate, match=r"labels\.toml of nl has no account"):
        Wording(found, "nl-NL").label("account")
    with pytest.raises(NoTemplate, match=r"labels\.toml of nl, discount = '{rate} tot {date}': KeyError\('date'\)"):
        invoice_values(discounted(), Wording(found, "nl-NL"))


def test_a_template_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "nl").mkdir()
    (tmp_path / "nl" / "invoice.txt").write_bytes(b"caf\xe9")
    (tmp_path / "nl" / "labels.toml").write_text("")
    with pytest.raises(NoTemplate, match="template nl/invoice cannot be read"):
        Templates([tmp_path], {}).choose("invoice", ["nl"])

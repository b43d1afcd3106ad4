"""The builder's pages: a rubric from an empty page to its second version, seen as the rater will see it; files; refusals."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fairlead.apps.instruments import files
from fairlead.apps.instruments.catalogue import form_of
from fairlead.apps.instruments.models import Instrument, Version
from fairlead.apps.instruments.starters import starters
from tests.access.objects import own_instrument
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]
ABOUT = {"key": "our-rubric", "kind": "observation", "name": "Our rubric", "licence": "Ours"}
RATING = {
    "group": "talk", "key": "who-talks", "name": "Who talks", "name_es": "Quién habla", "prompt": "Count the voices.",
    "level_1": "Few", "text_1": "Two or three students.", "level_2": "Many", "text_2": "Nearly all.",
    "may_be_unseen": "on",
}  # fmt: skip


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def built(client: Client) -> None:
    client.post("/instruments/new", {**ABOUT, "no_high_stakes": "on", "purposes": ["coaching"]})
    client.post("/instruments/our-rubric/1/group", {"key": "talk", "name": "Talk"})
    client.post("/instruments/our-rubric/1/item?kind=rating&group=talk", RATING)


def version(number: int = 1, key: str = "our-rubric") -> Version:
    return Version.objects.select_related("instrument").get(instrument__key=key, number=number)


def test_the_shelf_shows_every_kind_and_what_is_a_draft(as_person: SignIn, seeded: Any) -> None:
    own_instrument(seeded)
    ines = as_person("ines")
    with max_queries(15):
        text = text_of(ines.get("/instruments/"))
    for form, _ in starters():
        assert form.name.replace("'", "&#x27;") in text
    assert "Drafts to finish" in text
    assert "Our visits" in text
    assert 'href="/instruments/"' in text, "it is in the navigation"


def test_a_rubric_from_an_empty_page_to_its_second_version(as_person: SignIn) -> None:
    ines = as_person("ines")
    built(ines)
    assert version().instrument.restrictions == {"purposes": ["coaching"], "no_high_stakes": True}
    with max_queries(15):
        page = text_of(ines.get("/instruments/our-rubric/1/"))
    assert page.index("Who talks") < page.index("As it will be seen") < page.index("Two or three students.")
    assert "Not seen" in page
    check = text_of(ines.get("/instruments/our-rubric/1/publish"))
    assert "The first version" in check
    assert ines.post("/instruments/our-rubric/1/publish").status_code == 302
    assert version().published_at is not None
    assert "final" in text_of(ines.get("/instruments/our-rubric/1/"))
    assert ines.get("/instruments/our-rubric/1/item?key=who-talks").status_code == 404

    ines.post("/instruments/our-rubric/draft", {"from": "1"})
    ines.post("/instruments/our-rubric/2/item?kind=number&group=talk", {
        "group": "talk", "key": "voices", "name": "Voices", "minimum": "0", "maximum": "40", "unit": "students",
    })  # fmt: skip
    check = text_of(ines.get("/instruments/our-rubric/2/publish"))
    assert re.search(r"Repeated unchanged.*?Who talks.*?New.*?Voices", check)
    ines.post("/instruments/our-rubric/2/publish")
    assert {i.key: i.same_as for i in form_of(version(2)).items} == {"who-talks": 1, "voices": None}


def test_what_was_typed_is_kept_when_it_is_refused(as_person: SignIn) -> None:
    ines = as_person("ines")
    built(ines)
    page = ines.post("/instruments/our-rubric/1/item?kind=rating&group=talk", {**RATING, "level_2": ""})
    assert page.status_code == 422
    text = text_of(page)
    assert "Two or three students." in text
    assert "2 to 10 are needed, got 1" in text
    page = ines.post("/instruments/our-rubric/1/item?kind=rating&group=talk", RATING)
    assert "There is an item with this key" in text_of(page)
    unnamed = {"key": "", "name": "¿Quién habla?", "group": "talk", "level_1": "Few", "level_2": "Most"}
    assert ines.post("/instruments/our-rubric/1/item?kind=rating&group=talk", unnamed).status_code == 302
    assert "quien-habla" in [item.key for item in form_of(version()).items], "a key left empty is made from the name"
    page = ines.post("/instruments/our-rubric/1/item?kind=rating&group=talk", unnamed | {"name": "4 corners"})
    assert "Give it a key" in text_of(page)
    page = ines.post("/instruments/new", {**ABOUT, "key": "Ünsinn"})
    assert page.status_code == 422
    assert "Our rubric" in text_of(page)


@pytest.mark.parametrize("htmx", [False, True])
def test_the_preview_shows_what_is_typed_and_saves_nothing(as_person: SignIn, htmx: bool) -> None:
    ines = as_person("ines")
    built(ines)
    page = ines.post(
        "/instruments/our-rubric/1/item?key=who-talks",
        {**RATING, "level_2": "Everybody", "may_be_unseen": "", "look": "1"},
        headers={"HX-Request": "true"} if htmx else {},
    )
    text = text_of(page)
    assert page.status_code == 200
    assert "<strong>Everybody</strong>" in text
    assert "Not seen" not in text
    assert ("<html" in text) is not htmx
    assert [a.name for a in next(form_of(version()).items).anchors] == ["Few", "Many"]


def test_the_preview_speaks_either_language(as_person: SignIn) -> None:
    text = text_of(as_person("tomas").get("/instruments/in-this-class/1/?in=es"))
    assert "Puedo ser yo" in text
    assert "No lo sé" in text
    assert "All instruments" not in text
    assert "As it will be seen" in text, "the page itself stays in the reader's language"


def test_moving_by_buttons(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        key = own_instrument(seeded)
    ines = as_person("ines")
    first, second = [i.key for i in form_of(version(1, key)).items][:2]
    answer = ines.post(f"/instruments/{key}/1/arrange", {"down": f"item:{first}"})
    assert answer["Location"].endswith(f"#item-{first}")
    assert [i.key for i in form_of(version(1, key)).items][:2] == [second, first]
    ines.post(f"/instruments/{key}/1/arrange", {"remove": f"item:{first}"})
    assert first not in [i.key for i in form_of(version(1, key)).items]
    ines.post(f"/instruments/{key}/1/arrange", {"throw_away": "1"})
    assert not Instrument.objects.filter(key=key).exists()


def test_a_file_goes_out_and_comes_in_as_a_draft(as_person: SignIn) -> None:
    ines = as_person("ines")
    built(ines)
    ines.post("/instruments/our-rubric/1/publish")
    out = ines.get("/instruments/our-rubric/1/file.xlsx")
    assert 'filename="our-rubric-1.xlsx"' in out["Content-Disposition"]
    form = files.load("f.xlsx", out.content)
    sent = SimpleUploadedFile("our-rubric-1.xlsx", out.content)
    assert ines.post("/instruments/bring", {"file": sent}).status_code == 302
    again = version(2)
    assert again.published_at is None
    assert [i.key for i in form_of(again).items] == [i.key for i in form.items]


def test_a_file_that_cannot_be_taken_names_every_place(as_person: SignIn) -> None:
    ines = as_person("ines")
    page = ines.post("/instruments/bring", {"file": SimpleUploadedFile("f.json", b'{"format": "other/1"}')})
    assert page.status_code == 422
    assert "This is not an instrument" in text_of(page)
    broken = files.to_json(starters()[0][0]).replace(b'"kind": "rating"', b'"kind": "sculpture"')
    text = text_of(ines.post("/instruments/bring", {"file": SimpleUploadedFile("f.json", broken)}))
    assert text.count("one of rating, choice") == 5
    assert ines.post("/instruments/bring", {}).status_code == 422


def test_a_publishers_wording_is_neither_exported_nor_copied(as_person: SignIn) -> None:
    ines = as_person("ines")
    built(ines)
    ines.post("/instruments/our-rubric/1/publish")
    kept = {**ABOUT, "no_high_stakes": "on", "purposes": ["coaching"]}
    looser = ines.post("/instruments/our-rubric/about", ABOUT)
    assert looser.status_code == 422
    assert set(looser.context["form"].errors) == {"no_high_stakes", "purposes"}
    assert ines.post("/instruments/our-rubric/about", {**kept, "importable_only": "on"}).status_code == 302
    text = text_of(ines.get("/instruments/our-rubric/"))
    assert "belongs to its publisher" in text
    assert "file.xlsx" not in text
    for kind in files.KINDS:
        assert ines.get(f"/instruments/our-rubric/1/file.{kind}").status_code == 404
    assert ines.post("/instruments/our-rubric/copy", {"key": "stolen", "name": "Stolen"}).status_code == 422


def test_a_starter_is_copied_to_be_changed(as_person: SignIn) -> None:
    tomas = as_person("tomas")
    answer = tomas.post("/instruments/twelve-minutes/copy", {"key": "our-twelve", "name": "Our twelve"})
    assert answer["Location"] == "/instruments/our-twelve/1/"
    assert len(list(form_of(version(1, "our-twelve")).items)) == 6


def test_what_is_retired_is_offered_to_nobody(as_person: SignIn, scope_of: Callable[[str], Any]) -> None:
    from fairlead.apps.instruments.selectors import instruments_for

    ines = as_person("ines")
    built(ines)
    ines.post("/instruments/our-rubric/1/publish")
    dana = scope_of("dana")
    assert "our-rubric" in [v.instrument.key for v in instruments_for(dana, "coaching")]
    ines.post("/instruments/our-rubric/retire")
    assert "our-rubric" not in [v.instrument.key for v in instruments_for(dana, "coaching")]
    ines.post("/instruments/our-rubric/retire", {"again": "1"})
    assert "our-rubric" in [v.instrument.key for v in instruments_for(dana, "coaching")]


def test_after_an_item_is_saved_the_next_step_stands_beside_it(as_person: SignIn) -> None:
    ines = as_person("ines")
    built(ines)
    answer = ines.post("/instruments/our-rubric/1/item?key=who-talks", RATING)
    assert answer["Location"] == "/instruments/our-rubric/1/?saved=who-talks#saved"
    page = text_of(ines.get("/instruments/our-rubric/1/?saved=who-talks"))
    beside = page[page.index('id="saved"') : page.index("</ul>", page.index('id="saved"'))]
    assert beside.count("<a ") == 2
    assert 'href="/instruments/our-rubric/1/publish"' in beside
    assert 'id="saved"' not in text_of(ines.get("/instruments/our-rubric/1/"))


def test_what_cannot_move_does_not_look_as_if_it_could(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        key = own_instrument(seeded)
    page = text_of(as_person("ines").get(f"/instruments/{key}/1/"))
    keys = [i.key for i in form_of(version(1, key)).items]
    up = re.findall(r'name="up" value="item:([^"]+)" aria-label="[^"]*"( disabled)?', page)
    down = re.findall(r'name="down" value="item:([^"]+)" aria-label="[^"]*"( disabled)?', page)
    assert [k for k, _off in up] == keys
    assert [k for k, off in up if off] == keys[:1]
    assert [k for k, off in down if off] == keys[-1:]


def test_the_first_version_does_not_ask_what_is_new(as_person: SignIn) -> None:
    ines = as_person("ines")
    built(ines)
    assert "What is new, and why" not in text_of(ines.get("/instruments/our-rubric/1/"))
    ines.post("/instruments/our-rubric/1/publish")
    ines.post("/instruments/our-rubric/draft", {"from": "1"})
    assert "What is new, and why" in text_of(ines.get("/instruments/our-rubric/2/"))


@pytest.mark.parametrize(("kind", "first", "most"), [("rating", 6, 10), ("choice", 10, 20)])
def test_no_level_of_a_file_is_lost_on_the_page(as_person: SignIn, kind: str, first: int, most: int) -> None:
    """As many rows as the definition allows: an item that came in with more than the page offers keeps them all."""
    ines = as_person("ines")
    built(ines)
    many = {f"level_{n}": f"Level {n}" for n in range(1, most + 1)}
    item = {"group": "talk", "key": "long", "name": "Long"}
    where = f"/instruments/our-rubric/1/item?kind={kind}&group=talk"
    assert f'name="level_{first}"' in text_of(ines.get(where))
    assert f'name="level_{first + 1}"' not in text_of(ines.get(where))
    assert ines.post(where, {**item, **many}).status_code == 302
    page = text_of(ines.get("/instruments/our-rubric/1/item?key=long"))
    assert f'value="Level {most}"' in page
    assert f'name="level_{most + 1}"' not in page
    assert f"2 to {most}" in page
    assert ines.post("/instruments/our-rubric/1/item?key=long", {**item, **many, "name": "Longer"}).status_code == 302
    kept = next(i for i in form_of(version()).items if i.key == "long")
    assert len(kept.anchors or kept.options) == most


def test_the_name_comes_before_the_key_in_every_form(as_person: SignIn) -> None:
    ines = as_person("ines")
    built(ines)
    for where in ("new", "our-rubric/1/group", "our-rubric/1/item?key=who-talks", "in-this-class/"):
        page = text_of(ines.get(f"/instruments/{where}"))
        assert page.index('name="name"') < page.index('name="name_es"') < page.index('name="key"'), where


def test_the_preview_is_drawn_by_the_visits_own_form(as_person: SignIn, seeded: Any) -> None:
    """Published, the rater's form shows each item word for word as the builder showed it."""
    ines = as_person("ines")
    built(ines)
    photo = {"group": "talk", "key": "board", "name": "The board"}
    ines.post("/instruments/our-rubric/1/item?kind=photo&group=talk", photo)
    ines.post("/instruments/our-rubric/1/publish")
    page = text_of(ines.get("/instruments/our-rubric/1/"))
    shown = re.findall(r'<div class="pick">.*?</div>', page[page.index('class="phone"') :])
    form = text_of(as_person("dana").get(f"/coach/visit/new/{seeded.person['amara']}/coaching/{version().pk}"))
    drawn = re.findall(r'<div class="pick">.*?</div>', form)
    unnamed = [re.sub(r'name="[^"]*"', "", each) for each in (*shown, *drawn)]
    assert len(shown) == len(drawn) == 1
    assert unnamed[0] == unnamed[1]
    assert "Take or choose a picture" in page[page.index('class="phone"') :]

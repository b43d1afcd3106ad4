"""Forms of a support: what it is for, with whom, from when, how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from fairlead import clock
from fairlead.apps.cycles.content import Content
from fairlead.apps.cycles.teams import Written
from fairlead.apps.support.opening import LONGEST

Choices = Sequence[tuple[Any, Any]]


class OpenForm(forms.Form):
    """A new support; its kind and place were chosen before."""

    goal = forms.CharField(
        label=_("Goal"),
        max_length=200,
        help_text=_("Leaders read it: name what is to get better, and nobody’s weakness."),
        error_messages={"required": _("Say what it is for.")},
    )
    indicator = forms.ChoiceField(label=_("Indicator that should move"), required=False)
    participants = forms.TypedMultipleChoiceField(
        label=_("Who takes part"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one person.")},
    )
    begins = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    ends = forms.DateField(label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    minutes = forms.IntegerField(label=_("Planned minutes a month"), min_value=1, max_value=LONGEST)

    def __init__(self, *args: Any, people: Choices, indicators: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["participants"]).choices = people
        cast(forms.ChoiceField, self.fields["indicator"]).choices = [("", _("None yet")), *indicators]
        self.fields["begins"].initial = clock.today().isoformat()
        self.fields["minutes"].initial = 60


def _long(label: Any, rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": rows}), **more
    )


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}), **more)


class TeamForm(forms.Form):
    """What a leadership team writes of itself."""

    vision = _long(_("Vision: what a visitor would see and hear in every room"), 4)
    rhythm = forms.CharField(label=_("Rhythm of meetings"), required=False, max_length=400)
    next_meeting = _day(_("Next meeting"), required=False)
    collaboration = _long(_("Teacher collaboration: who plans with whom, when, with which materials"))
    families = _long(_("Family engagement: what families are asked, told and invited to"))

    def written(self) -> Written:
        return Written(**self.cleaned_data)


def _grade(label: Any) -> forms.TypedChoiceField:
    names = [("", _("not said")), ("0", _("Kindergarten")), *((str(n), str(n)) for n in range(1, 13))]
    return forms.TypedChoiceField(label=label, choices=names, coerce=int, required=False, empty_value=None)


class ContentForm(forms.Form):
    """What a learning cycle is about; two fields for each of its subtopics."""

    subject = forms.CharField(label=_("Subject"), max_length=60)
    grade_low = _grade(_("From grade"))
    grade_high = _grade(_("To grade"))
    standards = forms.CharField(
        label=_("Standards, by their codes"),
        required=False,
        max_length=800,
        help_text=_("Such as 3.NF.A.2, with commas between."),
    )

    def __init__(self, *args: Any, known: Content, **kwargs: Any) -> None:
        super().__init__(*args, **{"prefix": "content", **kwargs})
        self.many = len(known.subtopics)
        for n, subtopic in enumerate(known.subtopics):
            at = {"n": n + 1}
            self.fields[f"name_{n}"] = forms.CharField(
                label=_("Subtopic %(n)s") % at, max_length=120, initial=subtopic.name
            )
            self.fields[f"materials_{n}"] = forms.CharField(
                label=_("Materials of subtopic %(n)s: unit, lessons, tasks") % at, required=False, max_length=1000,
                widget=forms.Textarea(attrs={"rows": 2}), initial=subtopic.materials,
            )  # fmt: skip
        for name in ("subject", "grade_low", "grade_high"):
            self.fields[name].initial = getattr(known, name)
        self.fields["standards"].initial = ", ".join(known.standards)

    def said(self) -> dict[str, Any]:
        """The arguments of `content.write`."""
        given = self.cleaned_data
        return {name: given[name] for name in ("subject", "grade_low", "grade_high")} | {
            "standards": given["standards"].replace(";", ",").split(","),
            "subtopics": [(given[f"name_{n}"], given[f"materials_{n}"]) for n in range(self.many)],
        }


class GoalForm(forms.Form):
    """An indicator, the value that it is to reach, and by when."""

    indicator = forms.ChoiceField(label=_("Indicator"))
    target = forms.FloatField(
        label=_("Target, in percent"), min_value=0, max_value=100, widget=forms.NumberInput(attrs={"step": "0.1"})
    )
    by = _day(_("By"))
    why = forms.CharField(label=_("Why this one"), required=False, max_length=400)

    def __init__(self, *args: Any, indicators: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **{"prefix": "goal", **kwargs})
        cast(forms.ChoiceField, self.fields["indicator"]).choices = indicators


class DecisionForm(forms.Form):
    """What was decided, why, and who does what by when."""

    decided_on = _day(_("Decided on"))
    text = forms.CharField(label=_("What was decided"), max_length=400)
    why = forms.CharField(label=_("Why"), max_length=400)
    owner = forms.TypedChoiceField(
        label=_("Who does what follows from it"), coerce=int, required=False, empty_value=None
    )
    due = _day(_("By when"), required=False)

    def __init__(self, *args: Any, members: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **{"prefix": "decision", **kwargs})
        cast(forms.TypedChoiceField, self.fields["owner"]).choices = [
            ("", _("Nobody: it is decided and done")),
            *members,
        ]
        self.fields["decided_on"].initial = clock.today().isoformat()


class MembersForm(forms.Form):
    """Who takes part from now on."""

    participants = forms.TypedMultipleChoiceField(
        label=_("Who takes part"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one person.")},
    )

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **{"prefix": "members", **kwargs})
        cast(forms.TypedMultipleChoiceField, self.fields["participants"]).choices = people


class TemplateForm(forms.Form):
    """The next version of a network's own template."""

    name = forms.CharField(label=_("Name of your version"), max_length=120)
    steps = forms.CharField(
        label=_("Its steps, a line each: day | words in English | words in Spanish"),
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "true"}),
        help_text=_("Days count from the support’s first one, which is 0."),
    )
    because = forms.CharField(
        label=_("Why it is changed"), max_length=400, help_text=_("Everybody who opens a support reads it.")
    )

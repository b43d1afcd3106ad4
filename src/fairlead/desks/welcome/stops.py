"""The seven stops of "A morning with Fairlead": who, the question, what to try. The people are the demo's cast."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Who:
    """One of the cast: the key the demo signs in with, the name, the role and their first page."""

    key: str
    name: str
    role: str
    page: str

    @property
    def given_name(self) -> str:
        return self.name.split()[0]


@dataclass(frozen=True, slots=True)
class Stop:
    """One page of the walk."""

    name: Words
    question: Words
    story: Words
    try_this: Words
    people: tuple[Who, ...]


AMARA = Who("amara", "Amara Okafor", "teacher", "teacher:desk")
LUIS = Who("luis", "Luis Ortega", "office", "office:desk")
GRACE = Who("grace", "Grace Lindqvist", "principal", "principal:desk")
DANA = Who("dana", "Dana Whitfield", "coach", "coach:desk")
MARCUS = Who("marcus", "Marcus Bell", "director", "director:desk")
INES = Who("ines", "Ines Carvalho", "network_lead", "network:desk")
TOMAS = Who("tomas", "Tomas Reyes", "analyst", "analyst:desk")
RUTH = Who("ruth", "Ruth Adeyemi", "city_lead", "city:desk")
PRIYA = Who("priya", "Priya Raman", "data_manager", "data:desk")
OWEN = Who("owen", "Owen Park", "principal", "principal:desk")
YUSUF = Who("yusuf", "Yusuf Demir", "teacher", "teacher:desk")
HELEN = Who("helen", "Helen Abara", "auditor", "records:audit")
# Whose first page no stop of the story opens.
BESIDE = (PRIYA, HELEN)

STOPS = (
    Stop(
        _("The roll"),
        _("Who is here?"),
        _("A roll is an expectation with a deadline. Until it is sent, its students are neither present nor absent."),
        _("Everyone starts unmarked. Say “all present”, mark two absences, send. It fits a thumb."),
        (AMARA,),
    ),
    Stop(
        _("The morning"),
        _("How many are absent, whose roll is missing, and whom do we call first?"),
        _("Present, absent, not submitted, and how much of the school those numbers cover."),
        _("Remind a teacher. Log a call to a family in two taps: the list says why this child comes first."),
        (LUIS, GRACE),
    ),
    Stop(
        _("Twelve minutes in a classroom"),
        _("What did I see, what did I say, and what did we promise?"),
        _("Typed once, it is an observation, a coaching contact, minutes in classrooms and the teacher’s feedback."),
        _("Choose the purpose before the form opens. Then be Amara: her desk says who can see it."),
        (DANA,),
    ),
    Stop(
        _("Five schools"),
        _("Which school needs me, and does my time follow the need?"),
        _("Need by a published recipe, beside last contact, open promises and feedback that waits."),
        _("Compare last year’s caseloads with the plan at five schools to one director."),
        (MARCUS,),
    ),
    Stop(
        _("The theory of change"),
        _("Does it add up, for whom, and where does it not?"),
        _("Four levels of live indicators: students, teaching, leadership, conditions. Small groups stay private."),
        _("Open an indicator down to its formula and its facts."),
        (INES,),
    ),
    Stop(
        _("The study"),
        _("Did coaching work, how sure are we, and what may we say?"),
        _("The plan was written and the lottery’s seed committed before anybody saw an outcome."),
        _(
            "Make the claim say more than its finding, and be refused. Beside it: Project STAR, from its real records."
        ),
        (TOMAS,),
    ),
    Stop(
        _("The city"),
        _("Where can a child get a good seat, and what would an investment buy?"),
        _("Two published rules for a quality seat, side by side: the answer depends on the rule, so show both."),
        _("Find the ZIP code where the two rules disagree most."),
        (RUTH,),
    ),
)

"""How a network makes a template its own: steps written line by line, published with a reason, final from then on."""

from __future__ import annotations

from dataclasses import asdict

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.cycles import content, selectors
from fairlead.apps.cycles.models import OwnTemplate
from fairlead.apps.cycles.templates import Template, TemplateStep, newest

PUBLISHER = "network_lead"
FEWEST, MOST = 2, 24
LONGEST = 400  # days
WORDS = 120


def written(template: Template) -> str:
    """Steps as they are typed: the day, the words in English and in Spanish, a line each."""
    return "\n".join(f"{step.days} | {step.en} | {step.es}" for step in template.steps)


def read(text: str, kind: str) -> tuple[TemplateStep, ...]:
    """The steps that lines say; the first line that is wrong is told by its number."""
    steps: list[TemplateStep] = []
    for number, line in enumerate(filter(str.strip, text.splitlines()), start=1):
        parts = [part.strip() for part in line.split("|")]
        told = {"n": number, "line": line.strip()[:60]}
        if len(parts) != 3 or not (parts[0].isascii() and parts[0].isdecimal()) or not all(parts):
            raise ValidationError(
                _(
                    "Line %(n)s: write the day, the words in English and in Spanish with | between. There stands: %(line)s"
                )
                % told
            )
        if max(map(len, parts)) > WORDS:
            raise ValidationError(_("Line %(n)s: at most %(most)s letters a step.") % (told | {"most": WORDS}))
        day = int(parts[0])
        if (steps and day < steps[-1].days) or (not steps and day != 0) or day > LONGEST:
            raise ValidationError(
                _("Line %(n)s: days begin with 0, never go back, and end by %(most)s.") % (told | {"most": LONGEST})
            )
        steps.append(TemplateStep(day, parts[1], parts[2]))
    if not FEWEST <= len(steps) <= MOST:
        raise ValidationError(_("Write from %(few)s to %(most)s steps, a line each.") % {"few": FEWEST, "most": MOST})
    if kind == content.KIND and len(steps) % content.PARTS:
        raise ValidationError(
            _(
                "A learning cycle has three steps in each subtopic: learn together, plan and practise, study student work."
            )
        )
    return tuple(steps)


@transaction.atomic
def publish(scope: Scope, kind: str, *, name: str, text: str, because: str) -> OwnTemplate:
    """Publish the next version of a network's own template; supports that run keep the version they began with."""
    network, shipped = scope.organization_of(PUBLISHER), newest(kind)
    if network is None or shipped is None:
        raise ValidationError(_("The network's lead publishes its templates."))
    steps = read(text, kind)
    now = next((t for t in selectors.own_templates(scope) if (t.network, t.kind) == (network, kind)), shipped)
    if steps == now.steps:
        raise ValidationError(_("These are the steps that are in force. Nothing was published."))
    if not name.strip() or not because.strip():
        raise ValidationError(_("Give it a name, and say why it is changed."))
    number = OwnTemplate.objects.filter(organization_id=network, kind=kind).aggregate(n=Max("number"))["n"] or 0
    return OwnTemplate.objects.create(
        organization_id=network,
        kind=kind,
        number=number + 1,
        name=name.strip(),
        steps=[asdict(step) for step in steps],
        because=because.strip(),
        published_at=clock.now(),
        published_by_id=scope.person_id,
    )

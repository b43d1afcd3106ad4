"""Names of the languages that families speak."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

LANGUAGES = {
    "en": _("English"),
    "es": _("Spanish"),
    "vi": _("Vietnamese"),
    "zh": _("Chinese"),
    "ht": _("Haitian Creole"),
    "so": _("Somali"),
    "ar": _("Arabic"),
}
RELATIONS = {
    "mother": _("mother"),
    "father": _("father"),
    "grandmother": _("grandmother"),
    "aunt": _("aunt"),
    "guardian": _("guardian"),
}


def language_name(code: str) -> str:
    """A language by its name; its code when we have no name for it."""
    return str(LANGUAGES.get(code, code))


def relation_name(relation: str) -> str:
    """How a guardian is related; the school's own word when it is none of ours."""
    return str(RELATIONS.get(relation, relation))

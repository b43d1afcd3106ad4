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

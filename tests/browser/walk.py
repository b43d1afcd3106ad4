"""The pages of the walk: who opens which. The browser tests and `make shots` both follow it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """One page as one person. `args` as in tests/access/table.toml; `slug` names pictures and tests."""

    slug: str
    person: str | None
    name: str
    args: tuple[str | int, ...] = ()
    query: str = ""


PAGES = (
    Page("0-story", None, "welcome:home"),
    Page("0-sign-in", None, "account_login"),
    Page("0-forgotten", None, "account_reset_password"),
    Page("0-promises", None, "about_seeds"),
    Page("0-looks", "amara", "about_looks"),
    Page("0-password", "amara", "account_change_password"),
    Page("0-two-step", "amara", "mfa_index"),
    Page("1-teacher", "amara", "teacher:desk"),
    Page("1-roll", "amara", "teacher:roll", ("@roll_of_amara",)),
    Page("1-teacher-of-periods", "yusuf", "teacher:desk"),
    Page("1-outbox", "amara", "outbox"),
    Page("2-office", "luis", "office:desk"),
    Page("2-calls", "luis", "office:calls"),
    Page("2-call-sheet", "luis", "office:sheet"),
    Page("2-contact", "luis", "office:contact", ("@absence",)),
    Page("2-answers", "luis", "office:answers"),
    Page("2-reminders", "luis", "office:reminders"),
    Page("2-after-a-call", "grace", "office:after_a_call"),
    Page("2-by-itself", "grace", "office:by_itself"),
    Page("2-student", "luis", "office:student", ("@absent_student",)),
    Page("2-family-link", None, "family:link", ("@family_link",)),
    Page("2-bells", "luis", "office:bells"),
    Page("2-timetable", "luis", "office:timetable"),
    Page("2-substitutes", "luis", "office:substitutes"),
    Page("2-paper", "luis", "office:paper"),
    Page("2-paper-sheets", "luis", "office:paper_sheets"),
    Page("2-type-in", "luis", "office:type_in", ("@missing_roll",)),
    Page("2-substitute", None, "substitute:link", ("@substitute_token",)),
    Page("2-family-thanks", None, "family:thanks"),
    Page("2-history", "luis", "records:history", ("roll", "@roll_of_amara")),
    Page("2-who-looked", "amara", "records:audit"),
    Page("2-audit", "helen", "records:audit"),
    Page("2-principal", "grace", "principal:desk"),
    Page("2-rosters", "priya", "data:desk"),
    Page("2-import", "priya", "data:run", ("@import_of_tidewater",)),
    Page("3-coach", "dana", "coach:desk"),
    Page("3-purpose", "dana", "coach:visit_new"),
    Page("3-rubric", "dana", "coach:visit_form", ("@amara", "coaching")),
    Page("3-hallway", "dana", "coach:visit_form", (0, "coaching")),
    Page("3-visit", "dana", "coach:visit", ("@visit_to_amara",)),
    Page("3-feedback", "amara", "teacher:feedback"),
    Page("3-feedback-visit", "amara", "teacher:feedback_visit", ("@visit_to_amara",)),
    Page("3-who-sees-what", "amara", "teacher:who_sees"),
    Page("3-raters", "ines", "coach:raters"),
    Page("3-how-i-rate", "dana", "raters:home"),
    Page("3-calibration", "dana", "raters:attempt", ("@calibration_of_dana",)),
    Page("3-calibration-case", "dana", "raters:case", ("@calibration_of_dana", 1)),
    Page("3-calibration-sets", "ines", "raters:sets"),
    Page("3-calibration-set", "ines", "raters:set", ("@calibration_set",)),
    Page("3-calibration-set-case", "ines", "raters:set_case", ("@calibration_set", 1)),
    Page("3-help", "grace", "principal:support"),
    Page("4-director", "marcus", "director:desk"),
    Page("4-caseload", "marcus", "director:caseload"),
    Page("4-recipe", "marcus", "director:recipe", ("example",)),
    Page("5-theory", "ines", "network:desk"),
    Page("5-indicator", "ines", "network:indicator", ("chronic_absence",)),
    Page("5-facts", "ines", "network:facts"),
    Page("5-instruments", "ines", "instruments:home"),
    Page("5-instrument", "ines", "instruments:instrument", ("@own_instrument",)),
    Page("5-instrument-file", "ines", "instruments:bring"),
    Page("5-builder", "ines", "instruments:version", ("@own_instrument", 1)),
    Page("5-builder-item", "ines", "instruments:item", ("@own_instrument", 1), "?key=thinking"),
    Page("5-technical", "amara", "instruments:technical", ("twelve-minutes", 1)),
    Page("5-publish", "ines", "instruments:publish", ("@own_instrument", 1)),
    Page("5-published", "ruth", "network:published"),
    Page("6-studies", "tomas", "analyst:desk"),
    Page("6-star-plan", "tomas", "analyst:plan", ("@star_plan",)),
    Page("6-star-report", "tomas", "analyst:report", ("@star_run",)),
    Page("6-claim", "tomas", "analyst:claim", ("@star_finding",)),
    Page("7-city", "ruth", "city:desk"),
    Page("7-los-angeles", "ruth", "city:los_angeles"),
    Page("7-submission", "ruth", "city:submission"),
    Page("2-chronic-absence", "grace", "principal:chronic_absence"),
    Page("5-attendance-rules", "ines", "network:attendance_rules"),
    Page("1-submissions", "amara", "teacher:submissions"),
    Page("2-submissions", "luis", "office:submissions"),
    Page("5-submissions", "ines", "network:submissions"),
    Page("7-measures", "ruth", "city:measures"),
    Page("7-rules", "ruth", "city:rules"),
    Page("7-investment", "ruth", "city:investment", ("@investment_of_harborview",)),
)

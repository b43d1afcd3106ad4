"""Where rows came from: imports, what they changed, and the rows that they could not take."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportRun(models.Model):
    """One file (or folder) brought in: from where, by whom, what it would change, and what became of it.

    `counts` is by canonical table: new, changed, same, closed, quarantined, and `known` (what was open before), on
    which the stop at 10 % rests. `files` is by file: every input row by its outcome.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting to be read")
        SHOWN = "shown", _("waiting for confirmation")
        CONFIRMED = "confirmed", _("confirmed, being merged")
        MERGED = "merged", _("merged")
        DISCARDED = "discarded", _("discarded")
        FAILED = "failed", _("refused")

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="imports")
    status = models.CharField(max_length=10, choices=Status.choices)
    file_name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, blank=True)
    reader = models.CharField(max_length=40, blank=True)
    reader_name = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=160, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("roster.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        "roster.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    counts = models.JSONField(default=dict)
    files = models.JSONField(default=dict)
    modes = models.JSONField(default=dict)
    notes = models.JSONField(default=list)
    over = models.JSONField(default=list, help_text="tables of which it would close over 10 %")
    allowed = models.JSONField(default=list, help_text="tables whose closing was confirmed by name")
    answers = models.JSONField(
        default=dict, help_text="identifier in the file → person, where somebody said: the same"
    )
    problem = models.JSONField(default=dict, help_text="why it was refused: what, allowed, got, where, next")

    class Meta:
        indexes = [models.Index(fields=["organization", "-at"])]

    def __str__(self) -> str:
        return f"import {self.pk}"


class ImportUpload(models.Model):
    """The bytes of an upload, from its arrival until it is merged or discarded."""

    run = models.OneToOneField(ImportRun, on_delete=models.CASCADE, related_name="upload")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    content = models.BinaryField()
    # What the sender said about a list: which comes first in its dates, and which column is which.
    dates = models.CharField(max_length=12, blank=True, db_default="")
    mapping = models.TextField(blank=True, db_default="", help_text="as a mapping file, TOML or JSON")

    def __str__(self) -> str:
        return f"upload of import {self.run_id}"


class ImportChange(models.Model):
    """An example of what an import changes: the first few of each kind, so that a person can judge the file."""

    class Outcome(models.TextChoices):
        NEW = "new", _("new")
        CHANGED = "changed", _("changed")
        CLOSED = "closed", _("closed")
        QUESTION = "question", _("question")

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="changes")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("roster.Person", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    table = models.CharField(max_length=16)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    key = models.CharField(max_length=320)
    label = models.CharField(max_length=255)
    fields = models.JSONField(default=dict, help_text="column → [before, after]")

    def __str__(self) -> str:
        return f"{self.outcome} in {self.table} {self.pk}"


class ImportRefusedRow(models.Model):
    """A row in quarantine: where it is in the file and what is wrong with it. Holds no value of the file."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="refused")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    file = models.CharField(max_length=255)
    line = models.BigIntegerField()
    column = models.CharField(max_length=120, blank=True)
    table = models.CharField(max_length=16)
    problem = models.CharField(max_length=300)
    next = models.CharField(max_length=300)

    class Meta:
        indexes = [models.Index(fields=["run", "file", "line"])]

    def __str__(self) -> str:
        return f"row {self.line} of {self.file}"


class KnownAs(models.Model):
    """Under which identifier a source knows an organization, session, course or section (`noun`, row `row_id`).

    `ends`: the last day on which the source still listed it. People have their own table, `PersonIdentifier`.
    """

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=160)
    noun = models.CharField(max_length=8)
    value = models.CharField(max_length=160)
    row_id = models.BigIntegerField()
    ends = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "noun", "value"], name="one_row_per_identifier")]
        indexes = [models.Index(fields=["noun", "row_id"])]

    def __str__(self) -> str:
        return f"{self.noun} {self.value}"

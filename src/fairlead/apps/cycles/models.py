"""The steps of a support, as each of its participants has them, and the words about them.

A step is a row for each participant, so that the wall of doses opens it to those whom it is about, to who leads it, and
to whom the purpose opens the dose: that it happened, and when. What it showed is `StepWords`, a row for each reader,
behind the wall of notes.
"""

from __future__ import annotations

from django.db import models

from fairlead.apps.access.history import purpose_is_fixed, tracked


@tracked
class Step(models.Model):
    """One step of a support's cycle, as one participant has it: its day, and whether it was done."""

    support = models.ForeignKey("support.Support", on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    lead = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    due = models.DateField()
    done_on = models.DateField(null=True, blank=True)
    another_way = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["support", "person", "position"], name="one_step_a_person")]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"step {self.pk}"


class StepWords(models.Model):
    """What a step showed, or how it was done instead, addressed to one reader. It stays as it is."""

    support = models.ForeignKey("support.Support", on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12)
    position = models.PositiveSmallIntegerField()
    author = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    reader = models.ForeignKey("roster.Person", on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    text = models.CharField(max_length=4000)

    class Meta:
        verbose_name_plural = "step words"
        indexes = [models.Index(fields=["support", "position"])]
        triggers = [purpose_is_fixed()]

    def __str__(self) -> str:
        return f"words of a step of support {self.support_id}"

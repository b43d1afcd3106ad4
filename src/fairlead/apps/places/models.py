"""Cities, their places, what their schools offer, and the published tables made of it.

Nothing here is about one child: results are a school's, counts are a place's, and the published tables keep no
number that their rule withholds. Only investments are an organization's own business and have a wall.
"""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.history import tracked


class Band(models.TextChoices):
    """Grade bands: how IFF's and most cities' needs assessments divide school."""

    ELEMENTARY = "k_5", _("Kindergarten to grade 5")
    MIDDLE = "6_8", _("Grades 6 to 8")
    HIGH = "9_12", _("Grades 9 to 12")
    ALL = "all", _("All grades")


BANDS = (Band.ELEMENTARY, Band.MIDDLE, Band.HIGH)


class City(models.Model):
    """A city whose seats are counted. `organization` is set where people here work for it; `invented` is shown."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    organization = models.OneToOneField("roster.Organization", on_delete=models.PROTECT, null=True, related_name="+")
    invented = models.BooleanField()

    class Meta:
        verbose_name_plural = "cities"

    def __str__(self) -> str:
        return self.name


class Place(models.Model):
    """A ZIP code or neighbourhood of a city."""

    class Kind(models.TextChoices):
        ZIP = "zip", _("ZIP code")
        NEIGHBOURHOOD = "neighbourhood", _("Neighborhood")
        UNREADABLE = "unreadable", _("Not a ZIP code as written")

    city = models.ForeignKey(City, on_delete=models.CASCADE, related_name="places")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["city", "kind", "code"], name="place_once_per_city")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()


class PlaceChildren(models.Model):
    """How many children of a grade band live in a place, by whose count."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="children")
    year = models.SmallIntegerField(help_text="the year in which the school year ends")
    band = models.CharField(max_length=4, choices=Band.choices)
    children = models.PositiveIntegerField()
    source = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "year", "band"], name="children_once")]

    def __str__(self) -> str:
        return f"{self.place_id} {self.year} {self.band}"


class SchoolYearResult(models.Model):
    """What a school offered and achieved in a year and band. A school outside the roster has a name and an id."""

    city = models.ForeignKey(City, on_delete=models.CASCADE, related_name="results")
    school = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, null=True, related_name="+")
    sourced_id = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    place = models.ForeignKey(Place, on_delete=models.RESTRICT, null=True, related_name="+")
    year = models.SmallIntegerField(help_text="the year in which the school year ends")
    band = models.CharField(max_length=4, choices=Band.choices)
    seats = models.PositiveIntegerField(null=True, help_text="null where nobody published a capacity")
    results = models.JSONField(default=dict, help_text="columns of results; a missing column is not rated")
    source = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["city", "sourced_id", "year", "band"], name="result_once_per_band")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.year} {self.band}"


class SeatTable(models.Model):
    """One published table: a city, a year, a quality rule, and what was counted. Computed once, read by all."""

    class Kind(models.TextChoices):
        SEATS = "seats", _("Seats by place and grade band")
        OFFERS = "offers", _("Applications and offers by the applicant's place")

    city = models.ForeignKey(City, on_delete=models.CASCADE, related_name="tables")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    year = models.SmallIntegerField(help_text="the year in which the school year ends")
    rule = models.CharField(max_length=60)
    computed_at = models.DateTimeField()
    source = models.TextField()
    schools = models.PositiveIntegerField()
    quality_schools = models.PositiveIntegerField()
    not_rated_schools = models.PositiveIntegerField()
    smallest_group = models.PositiveSmallIntegerField(help_text="groups of fewer people are withheld")
    counted = models.JSONField(default=dict, help_text="every input row by outcome")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["city", "kind", "year", "rule"], name="one_table_per_rule_and_year")
        ]

    def __str__(self) -> str:
        return f"{self.city_id} {self.kind} {self.year} {self.rule}"

    @property
    def school_year(self) -> str:
        """As people write it: 2025–26."""
        return f"{self.year - 1}–{self.year % 100:02d}"


class SeatCell(models.Model):
    """Seats in a place (none: the whole city) and band. Withheld numbers are null: they are not stored at all."""

    table = models.ForeignKey(SeatTable, on_delete=models.CASCADE, related_name="seat_cells")
    place = models.ForeignKey(Place, on_delete=models.CASCADE, null=True, related_name="+")
    band = models.CharField(max_length=4, choices=Band.choices)
    seats = models.PositiveIntegerField()
    quality = models.PositiveIntegerField()
    not_rated = models.PositiveIntegerField()
    children = models.PositiveIntegerField(null=True)
    gap = models.IntegerField(null=True)
    gap_at_best = models.IntegerField(null=True)
    withheld = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["table", "place", "band"], name="one_seat_cell", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.table_id} {self.place_id} {self.band}"


class OfferCell(models.Model):
    """Applications from a place (none: everywhere) and the offers made to them. Withheld numbers are null."""

    table = models.ForeignKey(SeatTable, on_delete=models.CASCADE, related_name="offer_cells")
    place = models.ForeignKey(Place, on_delete=models.CASCADE, null=True, related_name="+")
    applications = models.PositiveIntegerField(null=True)
    offers = models.PositiveIntegerField(null=True)
    quality_offers = models.PositiveIntegerField(null=True)
    not_rated_offers = models.PositiveIntegerField(null=True)
    withheld = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["table", "place"], name="one_offer_cell", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.table_id} {self.place_id}"


@tracked
class Investment(models.Model):
    """Money with a purpose, tied to a place, a school and the seats that it was to open."""

    class Purpose(models.TextChoices):
        CREATE = "create", _("Create a school")
        REPLICATE = "replicate", _("Replicate a school")
        IMPROVE = "improve", _("Help a school to improve")
        PEOPLE = "people", _("Recruit, train and support people")
        COMMUNITY = "community", _("Community engagement")
        POLICY = "policy", _("Policy conditions")

    organization = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, related_name="+")
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="investments")
    name = models.CharField(_("name"), max_length=160)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose.choices)
    amount = models.DecimalField(
        _("amount in dollars"), max_digits=12, decimal_places=2, validators=[MinValueValidator(0)]
    )
    begins = models.DateField(_("begins"))
    place = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ZIP code")
    )
    school = models.ForeignKey("roster.Organization", on_delete=models.PROTECT, null=True, related_name="+")
    school_name = models.CharField(_("school"), max_length=200, blank=True)
    band = models.CharField(_("grade band"), max_length=4, choices=Band.choices, default=Band.ALL)
    seats_planned = models.PositiveIntegerField(_("seats planned"), default=0)
    seats_opened = models.PositiveIntegerField(_("seats opened so far"), default=0)
    as_of = models.DateField(help_text="the day on which somebody said how many seats are open")
    source = models.CharField(_("where these numbers come from"), max_length=300, blank=True)

    def __str__(self) -> str:
        return self.name

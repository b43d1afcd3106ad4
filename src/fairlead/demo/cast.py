"""The people of the walk, by name. Everybody here is invented."""

from __future__ import annotations

from dataclasses import dataclass

NETWORK_SOURCED_ID = "tidewater"
CITY_SOURCED_ID = "harborview"
HARBOR_POINT = "tidewater-01"
RIDGELINE = "tidewater-02"
CANNERY_ROW = "tidewater-04"  # takes a roll every period


@dataclass(frozen=True, slots=True)
class Member:
    """One of the cast: who they are, where, and which desk is theirs."""

    key: str
    given_name: str
    family_name: str
    role: str
    organization: str
    desk: str
    fte: float = 1.0

    @property
    def email(self) -> str:
        return f"{self.given_name}.{self.family_name}@demo.fairlead.example".lower()

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


CAST = (
    Member("amara", "Amara", "Okafor", "teacher", HARBOR_POINT, "teacher:desk"),
    Member("luis", "Luis", "Ortega", "office", HARBOR_POINT, "office:desk"),
    Member("grace", "Grace", "Lindqvist", "principal", HARBOR_POINT, "principal:desk"),
    Member("dana", "Dana", "Whitfield", "coach", NETWORK_SOURCED_ID, "coach:desk"),
    Member("marcus", "Marcus", "Bell", "director", NETWORK_SOURCED_ID, "director:desk"),
    Member("ines", "Ines", "Carvalho", "network_lead", NETWORK_SOURCED_ID, "network:desk"),
    Member("tomas", "Tomas", "Reyes", "analyst", NETWORK_SOURCED_ID, "analyst:desk"),
    Member("ruth", "Ruth", "Adeyemi", "city_lead", CITY_SOURCED_ID, "city:desk"),
    Member("priya", "Priya", "Raman", "data_manager", NETWORK_SOURCED_ID, "data:desk"),
    Member("owen", "Owen", "Park", "principal", RIDGELINE, "principal:desk"),
    Member("yusuf", "Yusuf", "Demir", "teacher", CANNERY_ROW, "teacher:desk"),
    Member("helen", "Helen", "Abara", "auditor", NETWORK_SOURCED_ID, "records:audit"),
)
BY_KEY = {m.key: m for m in CAST}
DIRECTORS = (
    BY_KEY["marcus"],
    Member("joan", "Joan", "Abernathy", "director", NETWORK_SOURCED_ID, "director:desk"),
    Member("sofia", "Sofia", "Delgado", "director", NETWORK_SOURCED_ID, "director:desk", 0.8),
    Member("kwame", "Kwame", "Mensah", "director", NETWORK_SOURCED_ID, "director:desk", 0.8),
)
COACHES = (
    BY_KEY["dana"],
    Member("nadia", "Nadia", "Haddad", "coach", NETWORK_SOURCED_ID, "coach:desk"),
    Member("hector", "Héctor", "Salinas", "coach", NETWORK_SOURCED_ID, "coach:desk"),
    Member("may", "May", "Thornton", "coach", NETWORK_SOURCED_ID, "coach:desk"),
    Member("isaac", "Isaac", "Boateng", "coach", NETWORK_SOURCED_ID, "coach:desk"),
    Member("lena", "Lena", "Fischer", "coach", NETWORK_SOURCED_ID, "coach:desk"),
)

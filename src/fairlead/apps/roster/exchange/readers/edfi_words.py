"""Ed-Fi's descriptors (the words after #) as the words of the canonical roster, and what a record says of a person."""

from __future__ import annotations

from xml.etree.ElementTree import Element

GRADES: dict[str, int] = {
    "Infant/toddler": -1, "Early Education": -1, "Preschool/Prekindergarten": -1, "Prekindergarten": -1,
    "Transitional Kindergarten": 0, "Kindergarten": 0, "First grade": 1, "Second grade": 2, "Third grade": 3,
    "Fourth grade": 4, "Fifth grade": 5, "Sixth grade": 6, "Seventh grade": 7, "Eighth grade": 8, "Ninth grade": 9,
    "Tenth grade": 10, "Eleventh grade": 11, "Twelfth grade": 12, "Grade 13": 13, "Postsecondary": 13,
}  # fmt: skip
# Those who hold a desk. An administrator elsewhere is not somebody whom a file lets see everything.
ROLES: dict[str, str] = {
    "Teacher": "teacher", "Substitute Teacher": "teacher", "Principal": "principal",
    "Instructional Coach": "coach", "School Administrative Support Staff": "office",
}  # fmt: skip
SESSION_KINDS: dict[str, str] = {
    "Year Round": "schoolYear", "Fall Semester": "semester", "Spring Semester": "semester",
    "Summer Semester": "semester", "First Semester": "semester", "Second Semester": "semester",
}  # fmt: skip
GENDERS: dict[str, str] = {
    "Female": "female", "Male": "male", "Non-binary": "nonbinary", "Nonbinary": "nonbinary", "X": "nonbinary",
}  # fmt: skip
RACES: dict[str, str] = {
    "Asian": "asian", "Black - African American": "black", "Black or African American": "black", "White": "white",
    "American Indian - Alaska Native": "other", "American Indian or Alaska Native": "other",
    "Native Hawaiian - Pacific Islander": "other", "Native Hawaiian or Other Pacific Islander": "other",
    "Other": "other",
}  # fmt: skip
LEARNER = ("Limited", "Limited Monitored 1", "Limited Monitored 2", "English learner", "LEP")
NOT_LEARNER = ("NotLimited", "Not Limited", "Fully English proficient", "English only")
ECONOMIC = ("Economic Disadvantaged", "Economically Disadvantaged", "Free or Reduced Lunch")
HOME_LANGUAGES = ("Home language", "Home Language", "Dominant language", "Native language")
IDENTIFIERS: dict[str, str] = {"state": "state", "district": "district", "school": "school", "local": "local"}
LANGUAGES: dict[str, str] = {
    "english": "en", "eng": "en", "spanish": "es", "spa": "es", "chinese": "zh", "chi": "zh", "zho": "zh",
    "mandarin": "zh", "cantonese": "zh", "vietnamese": "vi", "vie": "vi", "arabic": "ar", "ara": "ar",
    "french": "fr", "fre": "fr", "fra": "fr", "haitian": "ht", "haitian creole": "ht", "hat": "ht",
    "portuguese": "pt", "por": "pt", "russian": "ru", "rus": "ru", "korean": "ko", "kor": "ko", "tagalog": "tl",
    "tgl": "tl", "somali": "so", "som": "so", "german": "de", "ger": "de", "deu": "de", "armenian": "hy",
    "arm": "hy", "hye": "hy", "farsi": "fa", "persian": "fa", "per": "fa", "fas": "fa", "hindi": "hi", "hin": "hi",
    "urdu": "ur", "urd": "ur", "bengali": "bn", "ben": "bn", "polish": "pl", "pol": "pl", "japanese": "ja",
    "jpn": "ja", "ukrainian": "uk", "ukr": "uk", "amharic": "am", "amh": "am", "swahili": "sw", "swa": "sw",
}  # fmt: skip


def word(text: str | None) -> str:
    """The value of a descriptor: what follows the # of its address."""
    return (text or "").rpartition("#")[2].strip()


def contact_order(e: Element) -> tuple[int, bool]:
    """Whom to call first: by the priority that is given, then the primary contact."""
    priority = e.findtext("ContactPriority") or ""
    return int(priority) if priority.isdigit() else 99, not is_true(e, "PrimaryContactStatus")


def is_true(e: Element, tag: str) -> bool:
    return (e.findtext(tag) or "").lower() in {"true", "1"}


def zip_code(e: Element) -> str | None:
    """The postal code of the place itself, before that of its letter box; five digits."""
    addresses = sorted(e.findall("Address"), key=lambda a: word(a.findtext("AddressType")) == "Mailing")
    return next((code.strip()[:5] for a in addresses if (code := a.findtext("PostalCode"))), None)


def email(e: Element) -> str | None:
    mails = [m for m in e.findall("ElectronicMail") if not is_true(m, "DoNotPublishIndicator")]
    return next((m.findtext("ElectronicMailAddress") for m in mails), None)


def phone(e: Element) -> str | None:
    """The number to call: by the order that is given, a mobile first among equals, never a fax."""
    phones = [t for t in e.findall("Telephone") if word(t.findtext("TelephoneNumberType")) != "Fax"]
    phones = [t for t in phones if not is_true(t, "DoNotPublishIndicator")]

    def rank(t: Element) -> tuple[int, bool]:
        order = t.findtext("OrderOfPriority") or ""
        return int(order) if order.isdigit() else 99, word(t.findtext("TelephoneNumberType")) != "Mobile"

    return min(phones, key=rank).findtext("TelephoneNumber") if phones else None


def language(e: Element) -> str | None:
    return next((language_code(word(each.findtext("Language"))) for each in e.findall("Language")), None)


def language_code(name: str) -> str | None:
    """Two letters for the languages of many homes; three for those that Ed-Fi names so; otherwise none."""
    return LANGUAGES.get(name.lower()) or (name.lower() if len(name) == 3 and name.isalpha() else None)


def identifiers(e: Element) -> str | None:
    """Numbers by which other systems know the person. Never a social security number."""
    found = []
    for code in (*e.findall("StaffIdentificationCode"), *e.findall("StudentIdentificationCode")):
        system = word(code.findtext("StaffIdentificationSystem") or code.findtext("StudentIdentificationSystem"))
        if (kind := IDENTIFIERS.get(system.lower())) and (number := code.findtext("IdentificationCode")):
            found.append(f"{kind}:{number}")
    return "|".join(dict.fromkeys(found)) or None

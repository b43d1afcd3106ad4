"""What schools of the invented network ask for, and what they hear. No student is named."""

ASKED: dict[str, tuple[str, ...]] = {
    "facilities": (
        "The heating in the east wing is cold again; four classrooms in coats.",
        "A ceiling tile came down in the corridor by room 12. Nobody was there.",
        "The lift is stuck on the second floor, and a family uses a wheelchair.",
        "Two toilets on the ground floor do not flush.",
        "The lock of the back gate does not close.",
    ),
    "staffing": (
        "No substitute for grade 4 tomorrow, and nobody left in the building to cover.",
        "Our long-term substitute for science ends on Friday.",
        "The aide's contract has not come; she starts on Monday.",
        "Who approves a stipend for the Saturday programme?",
        "Two posts stand open on the old list and not on the new one.",
    ),
    "enrolment": (
        "Three transfers wait for records from the district.",
        "A family was told to come here, but their address is in another zone.",
        "The counts of grade 1 in the roster are two above the room.",
        "A student's birth date is wrong in the roster, and the office cannot change it.",
    ),
    "safety": (
        "The crossing guard at the corner has not come for three days.",
        "The drill alarm cannot be heard in the gym.",
        "Cars park on the fire lane at dismissal every day.",
        "The camera at the side door is dark.",
    ),
    "it": (
        "Twenty tablets do not take the update before the assessment.",
        "The wireless is down in the portable classrooms.",
        "The office printer refuses every job since this morning.",
        "A new teacher has no account yet.",
        "The projector in room 7 shows only green.",
    ),
    "transport": (
        "Bus 14 came forty minutes late again; thirty students missed breakfast.",
        "The stop at Mill Street is on the wrong side of the road.",
        "We need a bus for the visit to the harbor on the 9th.",
        "The afternoon route leaves before the after-school programme ends.",
    ),
    "food": (
        "Breakfast came for 80, and we are 120.",
        "The cooler in the kitchen is at 50 degrees.",
        "No meals without pork this week; eleven families asked.",
        "The lunch count page refuses our number.",
    ),
    "other": (
        "Who signs the grant report? It is due on Friday.",
        "The election office wants our gym on Tuesday; may they have it?",
        "Four boxes of books that we did not order stand in the hall.",
        "We have no one who can translate for a meeting in Haitian Creole.",
    ),
}
TAKEN = (
    "",
    "I have it. You need not call anybody.",
    "With me. I write here when there is news.",
    "Called them; they come tomorrow before eight.",
    "Taken. Nothing for you to do.",
)
WAITING = {
    "supplier": ("The part is ordered.", "The contractor comes next week.", ""),
    "district": ("The district answers by Thursday, they say.", "Their form is in; they have ten days."),
    "school": ("I need the serial number from the label.", "When may they come into the room?"),
}
SOLVED = ("Done this morning.", "It works again.", "", "Settled with the district; the paper is in your folder.")
ANOTHER_WAY = (
    "A neighbouring school lent us theirs.",
    "Not needed any more: the room has changed.",
    "Our custodian could do it.",
)
REOPENED = ("It held for a day.", "Half of it is still missing.", "The second one is broken, too.")

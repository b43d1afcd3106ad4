"""What invented groups read, count, hear and promise: by the key of the item that it is for."""

# text, source
EVIDENCE: dict[str, tuple[tuple[str, str], ...]] = {
    "time-protected": (
        ("Common planning stands in the schedule for 5 of 6 grades; 3 of the last 8 meetings were given up for coverage.", "Master schedule and sign-in sheets"),
        ("The half-days planned for the term were kept; grade teams set the agenda.", "School calendar"),
    ),
    "time-used": (
        ("Of the last four sets of notes, two name a lesson that somebody tried; one says what came of it.", "Notes of the grade teams"),
        ("Student work lay on the table in one of three meetings that we sat in on.", "Three meetings, watched by the coach"),
    ),
    "distributed": (
        ("Six of the last ten sessions of professional learning were led by teachers.", "List of sessions"),
        ("Teacher leaders have one free period a week; two of them use it to visit a colleague.", "Schedule, talk with the teacher leaders"),
    ),
    "diverse": (
        ("The team has seven members; one speaks Spanish at home, as a third of the students do. Nobody from special education.", "List of the team, enrollment by language"),
    ),
    "materials": (
        ("On one morning 8 of 12 rooms had the grade's unit on the desks; in 4 it was a worksheet of the teacher's own.", "Walk through twelve rooms"),
        ("Five of nine teachers could say why the unit begins as it does.", "Short talks after class"),
    ),
    "assessment": (
        ("Results of the unit check came back after nine days on average.", "Dates of three unit checks"),
        ("Two of three assessments in grade 4 match the unit; the third is from an older book.", "Assessments laid beside the units"),
    ),
    "few": (
        ("Asked apart, four of five named reading closely; two added attendance, one a list of six.", "Five short talks"),
    ),
    "follow-the-aims": (
        ("The two teachers new to the school teach the two groups furthest behind.", "Staffing plan"),
        ("Money for substitutes is used up by March in most years; it pays for peer visits.", "Budget of the last three years"),
    ),
    "leaders-learn": (
        ("The principal sat in the mathematics sessions with the teachers and taught one of the lessons.", "Sign-in sheets, two teachers"),
        ("Nobody could name something that a leader had changed after being told.", "Five short talks"),
    ),
    "purpose": (("Four of six members say the same purpose in about the same words.", "Asked apart before the meeting"),),
}  # fmt: skip
CITY_EVIDENCE: dict[str, tuple[tuple[str, str], ...]] = {
    "leaders": (("Three of seven openings for principals were filled from a list made a year before.", "Record of openings, 2025-26"),),
    "buildings": (("Two public buildings stand empty; the rule for using them dates from 2009 and was used once.", "City's list of buildings"),),
    "public-money": (("A full school of 400 breaks even on public money in its fourth year.", "Budgets of four schools"),),
    "fair-rules": (("Five of six decisions in three years followed the published criteria.", "Minutes of the board"),),
    "common-cause": (("The three networks and the city have used one set of numbers since spring.", "Minutes of four meetings"),),
}  # fmt: skip
# Why the group agreed on a level, by level.
REASONS = (
    ("We looked for it and did not find it; what there is depends on one person.", "Two of us thought more of it until we read the notes together."),
    ("It is there for some and gives way when something urgent comes.", "It has begun; the notes do not yet show that it changes a lesson."),
    ("Nearly everywhere, and we can show it. It is not yet what we defend first.", "What the walk showed agrees with what teachers say."),
    ("It went on when two people left, and others asked to see it.", "We can name what it changed, and who decided so."),
)  # fmt: skip
SAW = (
    ("I have not seen it in my part of the school.", "I looked through the notes and found nothing."),
    ("Our grade has it; the one beside us does not.", "It was cancelled twice this month."),
    ("In every room that I saw.", "It happens each week, and we decide something."),
    ("It is how we do it now; new people are told in their first week.", "We gave up something else to keep it."),
)
PROMISES: dict[str, tuple[str, ...]] = {
    "time-protected": ("Common planning is not given up for coverage before winter; I ask the office for substitutes first.",),
    "time-used": ("Each of our meetings ends with what one of us will try, and begins with what came of it.",),
    "distributed": ("I hand the planning of the January session to the grade 4 team.",),
    "assessment": ("Results of the next unit check are on the table within a week.",),
    "few": ("I take the reading fair off the calendar and say why at the staff meeting.",),
    "leaders-learn": ("I teach the lesson that we study, and ask you for feedback on it.",),
}  # fmt: skip
REVIEW = "Planning time held until February, then gave way to testing. We keep it as the first thing to defend this year."

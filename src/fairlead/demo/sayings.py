"""What invented coaches, principals and teachers write to one another: short, specific, about the work."""

NOTES = (
    "Came in at the start of the independent work. Four tables, directions on the board.",
    "Whole-group discussion of the reading; moved to pairs after about five minutes.",
    "Warm-up problem, then a worked example. Left as the exit question was handed out.",
    "Small group at the back table with the teacher; the rest worked in their notebooks.",
    "Second half of the lesson. Students compared two solutions on the document camera.",
    "Review before the unit check. Sentence starters on each desk.",
    "Launch of the new text. The question was read twice and rephrased by a student.",
    "Lab stations, three students at each. Timer on the board.",
)
# A script: minutes into the visit, what was seen or heard, and the keys of the items that it is evidence for.
SCRIPTS = (
    (
        (1, "Question on the board; 19 of 22 had begun by the second minute", ("room", "everyone")),
        (4, "“How do you know that it is more?” Three students answered one another before the teacher spoke", ("thinking",)),
        (8, "Walked to the back table and read four notebooks; asked two of them to compare", ("finding-out",)),
        (11, "Everyone wrote which of the two they agree with", ("everyone", "finding-out")),
    ),
    (
        (2, "Worked example on the board; eleven copied it, the others listened", ("thinking",)),
        (5, "The task asks for a reason in words, as the grade's standard does", ("work",)),
        (9, "“Tell your neighbour what he said.” All pairs talked; two asked for the sentence starter", ("everyone",)),
    ),
    (
        (1, "Two came late and were working within a minute", ("room",)),
        (6, "Thumbs up or down to three questions; nobody was asked why", ("finding-out",)),
        (10, "Compared two solutions on the document camera; a student found the slip", ("thinking", "work")),
    ),
)
FEEDBACK = (
    'Your question "How do you know?" made the second table go back to the text. What if every table had to answer it in writing before talking?',
    "You waited a full five seconds after the first question and three new hands went up. Try it with the next two questions as well.",
    "The worked example was clear. Eleven of twenty-two copied it rather than trying first; let them try the first step alone tomorrow.",
    "Pairs were talking about the task when I came by, not about it being done. The sentence starters are doing their work.",
    "You caught the mix-up of area and perimeter at the back table. Two other tables had it too: a quick show of boards would have told you.",
    "The directions fit on one line and everyone began. Next step: who explains them back to you?",
    "You called on nine different students in twelve minutes. The next step is letting them answer each other before you do.",
    "Students could tell me the topic and not yet how they will know that they have it. Put the exit question up at the start.",
    "The two who arrived late were working within a minute. That routine is worth showing to the team.",
    "The task asked for more than recall and you held back from giving the answer. Name the strategy that you saw before moving on.",
)
ANSWERS = (
    "Thank you. I tried it with the second group and it took longer, but more of them spoke.",
    "This helps. Can we look at the exit questions together on Thursday?",
    "I had not noticed the back table. I will use the boards tomorrow.",
    "Thanks for coming. I will try the five seconds again with the afternoon group.",
    "I see it differently for the first part, since they had done it the day before. The rest is fair.",
    "Read, thank you.",
)
PROMISES = (
    "Bring two short texts at grade level for the next unit",
    "Model the opening question with the first group",
    "Send the exit questions that the other third-grade team uses",
    "Watch the second half of the lesson and count who speaks",
    "Find a colleague whose pair-talk routine can be visited",
    "Plan the next launch together during the prep hour",
    "Send the photographs of the anchor charts",
    "Ask the office for a second set of boards",
)
EVIDENCE = (
    "Both texts are in the unit folder, with notes",
    "Done on Tuesday; she counted eleven students who spoke",
    "https://docs.example.org/exit-questions",
    "It is in the minutes of the team",
)
LEADER_FEEDBACK = (
    "Calm start, and everyone knew where to begin. Thank you.",
    "The question on the board carried the whole lesson. I would like the team to see it.",
    "Half of the class was waiting for help at the end. Let us talk about what they can do while they wait.",
    "Students explained their reasons to each other. More of this.",
    "The pace dropped after the example. What could they have started on their own?",
)
OTHERWISE = (
    "We talked about it right after class.",
    "We went through it during the prep hour.",
    "Discussed at the team meeting, with her agreement.",
)
SUPERVISION_PROMISES = (
    "Get the substitute coverage for the two open positions settled with the network",
    "Join the leadership team's review of the attendance data",
    "Visit the three new teachers together before the month ends",
    "Send the schedule of a school that found a common planning hour",
    "Read the draft of the school plan and answer within the week",
    "Ask facilities for a date for the heating in the east wing",
)
COACHING_GOALS = (
    "Students do the thinking: more talk between students",
    "Find out during the lesson who has it",
    "Tasks at grade level in every lesson",
    "Routines that give back ten minutes a day",
    "A way in for every learner of English",
)
SUPERVISION_GOALS = (
    "Feedback to every teacher each month",
    "Fewer students absent often",
    "A leadership team that runs its own improvement cycle",
    "Keep and grow the teachers who are strong",
)
RESEARCH_NOTES = ("Scheduled visit of the study.", "Scheduled visit of the study; substitute in the room next door.")

from django.urls import path

from fairlead.desks.office import (
    bells,
    family_views,
    link_views,
    paper,
    student_views,
    submissions,
    substitutes,
    views,
)

app_name = "office"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("rolls/<int:roll_id>/remind", views.remind, name="remind"),
    path("absences/<int:mark_id>/call", views.call, name="call"),
    path("absences/<int:mark_id>/explain", views.explain, name="explain"),
    path("calls", family_views.calls, name="calls"),
    path("calls/sheet", family_views.sheet, name="sheet"),
    path("absences/<int:mark_id>/claim", family_views.claim, name="claim"),
    path("absences/<int:mark_id>/release", family_views.release, name="release"),
    path("absences/<int:mark_id>/contact", family_views.contact, name="contact"),
    path("absences/<int:mark_id>/link", link_views.make, name="make_link"),
    path("links/<int:link_id>/revoke", link_views.revoke, name="revoke_link"),
    path("answers", link_views.answers, name="answers"),
    path("answers/<int:answer_id>", link_views.decide, name="decide"),
    path("submissions", submissions.submissions, name="submissions"),
    path("reminders", student_views.reminders, name="reminders"),
    path("after-a-call", student_views.after_a_call, name="after_a_call"),
    path("by-itself", student_views.by_itself, name="by_itself"),
    path("students/<int:student_id>", student_views.student, name="student"),
    path("bells", bells.page, name="bells"),
    path("bells/deadline", bells.deadline, name="change_deadline"),
    path("bells/day", bells.change, name="change_day"),
    path("substitutes", substitutes.page, name="substitutes"),
    path("substitutes/make", substitutes.make, name="make_substitute"),
    path("substitutes/<int:link_id>/revoke", substitutes.revoke, name="revoke_substitute"),
    path("paper", paper.page, name="paper"),
    path("paper/sheets", paper.print_sheets, name="paper_sheets"),
    path("paper/<int:roll_id>", paper.type_in, name="type_in"),
]

from django.urls import path

from fairlead.desks.teacher import arrivals, consent, feedback, submissions, views

app_name = "teacher"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("rolls/<int:roll_id>", views.roll, name="roll"),
    path("rolls/arrivals", arrivals.arrive, name="arrive"),
    path("submissions", submissions.submissions, name="submissions"),
    path("who-sees-what", consent.who_sees, name="who_sees"),
    path("who-sees-what/<int:consent_id>/revoke", consent.revoke, name="consent_revoke"),
    path("feedback", feedback.feedback, name="feedback"),
    path("feedback/<int:visit_id>", feedback.feedback_visit, name="feedback_visit"),
    path("feedback/pictures/<uuid:picture_id>", feedback.picture, name="feedback_picture"),
    path("feedback/<int:visit_id>/answer", feedback.feedback_answer, name="feedback_answer"),
]

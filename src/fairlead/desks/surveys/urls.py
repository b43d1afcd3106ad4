from django.urls import path

from fairlead.desks.surveys import classes, families, mine, running, sessions, views

app_name = "surveys"
urlpatterns = [
    path("", views.home, name="home"),
    path("new", running.new, name="new"),
    path("mine/", mine.mine, name="mine"),
    path("mine/<int:survey_id>", mine.enter, name="enter"),
    path("mine/<int:survey_id>/class/<int:section_id>/", classes.report, name="class_report"),
    path("mine/<int:survey_id>/class/<int:section_id>/session", sessions.class_session, name="class_session"),
    path("families/", families.families, name="families"),
    path("<int:survey_id>/families/<int:school_id>", families.family_notices, name="family_notices"),
    path("<int:survey_id>/families/<int:school_id>/letters", families.letters, name="letters"),
    path("<int:survey_id>/", views.survey, name="survey"),
    path("<int:survey_id>/edit", running.edit, name="edit"),
    path("<int:survey_id>/step", running.step, name="step"),
    path("<int:survey_id>/slips/<int:school_id>", running.slips, name="slips"),
    path("<int:survey_id>/results/", views.results, name="results"),
    path("<int:survey_id>/words/", views.in_own_words, name="words"),
    path("<int:survey_id>/results.csv", views.export, name="export"),
]

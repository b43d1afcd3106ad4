from django.urls import path

from fairlead.desks.diagnostics import views

app_name = "diagnostics"
urlpatterns = [
    path("", views.home, name="home"),
    path("new", views.new, name="new"),
    path("schools/<slug:key>", views.schools, name="schools"),
    path("<int:pk>/", views.diagnosis, name="diagnosis"),
    path("<int:pk>/raters", views.raters, name="raters"),
    path("<int:pk>/facilitator", views.hand_over, name="hand_over"),
    path("<int:pk>/evidence", views.evidence, name="evidence"),
    path("<int:pk>/evidence/<int:evidence_id>/withdraw", views.withdraw, name="withdraw"),
    path("<int:pk>/stage", views.stage, name="stage"),
    path("<int:pk>/rate", views.rate, name="rate"),
    path("<int:pk>/consensus", views.consensus, name="consensus"),
    path("<int:pk>/promise", views.promise, name="promise"),
    path("<int:pk>/promise/<int:promise_id>", views.settle, name="settle"),
    path("<int:pk>/review", views.review, name="review"),
]

from django.urls import path

from fairlead.desks.records import views

app_name = "records"
urlpatterns = [
    path("history/<slug:kind>/<int:pk>", views.history, name="history"),
    path("audit/", views.audit, name="audit"),
]

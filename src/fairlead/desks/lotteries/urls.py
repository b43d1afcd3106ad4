"""The pages of lotteries."""

from django.urls import path

from fairlead.desks.lotteries import views

app_name = "lotteries"
urlpatterns = [
    path("", views.home, name="home"),
    path("new", views.new, name="new"),
    path("verify", views.verify, name="verify"),
    path("<int:pk>/", views.lottery, name="lottery"),
    path("<int:pk>/edit", views.edit, name="edit"),
    path("<int:pk>/list", views.close_list, name="close_list"),
    path("<int:pk>/open", views.open_list, name="open_list"),
    path("<int:pk>/commit", views.commit, name="commit"),
    path("<int:pk>/draw", views.draw, name="draw"),
    path("<int:pk>/withdraw", views.withdraw, name="withdraw"),
    path("<int:pk>/took-part", views.took_part, name="took_part"),
    path("<int:pk>/study", views.study, name="study"),
    path("<int:pk>/record.json", views.record, name="record"),
]

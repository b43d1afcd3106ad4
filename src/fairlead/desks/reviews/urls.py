from django.urls import path

from fairlead.desks.reviews import views

app_name = "reviews"
urlpatterns = [
    path("", views.home, name="home"),
    path("new", views.new, name="new"),
    path("<int:review_id>/", views.review, name="review"),
    path("<int:review_id>/people", views.people, name="people"),
    path("<int:review_id>/draw", views.step, {"what": "draw"}, name="draw"),
    path("<int:review_id>/deal", views.step, {"what": "deal"}, name="deal"),
    path("<int:review_id>/close", views.step, {"what": "close"}, name="close"),
    path("assignment/<int:piece_id>/", views.hand_in, name="hand_in"),
    path("assignment/<int:piece_id>/judge", views.judge, name="judge"),
    path("assignment/<int:piece_id>/copy", views.copy, name="copy"),
    path("standards/", views.standard_search, name="standards"),
    path("standards/<int:standard_id>/", views.standard, name="standard"),
]

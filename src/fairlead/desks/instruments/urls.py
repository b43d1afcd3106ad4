from django.urls import path

from fairlead.desks.instruments import building, technical, views

app_name = "instruments"
urlpatterns = [
    path("", views.home, name="home"),
    path("new", views.new, name="new"),
    path("bring", views.bring, name="bring"),
    path("<slug:key>/", views.instrument, name="instrument"),
    path("<slug:key>/about", views.about, name="about"),
    path("<slug:key>/draft", views.begin, name="begin"),
    path("<slug:key>/copy", views.copy, name="copy"),
    path("<slug:key>/retire", views.retire, name="retire"),
    path("<slug:key>/<int:number>/", building.version, name="version"),
    path("<slug:key>/<int:number>/arrange", building.arrange, name="arrange"),
    path("<slug:key>/<int:number>/group", building.group, name="group"),
    path("<slug:key>/<int:number>/item", building.item, name="item"),
    path("<slug:key>/<int:number>/publish", building.publish, name="publish"),
    path("<slug:key>/<int:number>/technical/", technical.technical, name="technical"),
    path("<slug:key>/<int:number>/measure", technical.measure, name="measure"),
    path("<slug:key>/<int:number>/file.<slug:kind>", views.export, name="export"),
]

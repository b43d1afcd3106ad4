from django.apps import AppConfig


class AttendanceConfig(AppConfig):
    name = "fairlead.apps.attendance"
    label = "attendance"
    verbose_name = "Attendance"

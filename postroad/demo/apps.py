"""Wiring of the demo company: nothing runs unless the `postroad demo` commands are called."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "postroad.demo"
    label = "demo"
    verbose_name = "Demo company"

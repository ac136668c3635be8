from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "postroad.platform"
    label = "platform"

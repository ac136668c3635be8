"""What is typed: where a screen hangs."""

from django import forms

from postroad.supervision.models import Screen


class ScreenForm(forms.ModelForm[Screen]):
    class Meta:
        model = Screen
        fields = ("name",)

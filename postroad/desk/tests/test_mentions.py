from dataclasses import dataclass

import pytest

from postroad.desk.mentions import named_in


@dataclass(frozen=True)
class Colleague:
    name: str
    name_en: str
    staff_no: str

    @property
    def pk(self):
        return self.staff_no


FANG = Colleague("王芳", "Wang Fang", "A1")
FANGFANG = Colleague("王芳芳", "", "A2")
LI = Colleague("李娜", "Li", "A3")
TEAM = [FANG, FANGFANG, LI]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@王芳 请看一下", [FANG]),
        ("请@王芳看一下", [FANG]),
        ("@王芳芳看", [FANGFANG]),
        ("＠李娜 and @wang fang", [FANG, LI]),
        ("@Lindsay is a customer", []),
        ("ask @Li, please", [LI]),
        ("@a3", [LI]),
        ("王芳 without the mark", []),
        ("mail@example.test", []),
        ("", []),
    ],
)
def test_whom_a_note_names(text, named):
    assert named_in(text, TEAM) == named

"""What a file is refused for is said in the language of the person who sent it."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import pytest
from django.utils import translation

from fairlead.apps.roster import exchange
from fairlead.apps.roster.exchange.opening import FORMULA, read_table
from fairlead.apps.roster.exchange.problems import ExchangeError, in_language, said

EXCHANGE = Path(exchange.__file__).parent


def test_a_refusal_in_spanish_keeps_its_file_line_and_column(tmp_path):
    path = tmp_path / "users.csv"
    path.write_text('id,name\n1,Ada\n2,5" disk\n')
    with pytest.raises(ExchangeError) as caught:
        read_table(path)
    with translation.override("es"):
        assert in_language(caught.value.what) == "Hay una comilla en medio de un campo."
        assert in_language(caught.value.where) == "users.csv, línea 3"
        assert in_language(FORMULA) == "Esta celda es una fórmula de la hoja de cálculo, no un valor."


def test_a_sentence_with_values_survives_being_sent_to_another_process():
    text = said("%(file)s, line %(line)s", file="users.csv", line=3)
    again = pickle.loads(pickle.dumps(text))
    assert (again, again.msgid, again.values) == ("users.csv, line 3", text.msgid, {"file": "users.csv", "line": 3})


def test_every_refusal_is_marked_for_the_catalogue():
    """A sentence given to ExchangeError as it is would be English on a Spanish page."""
    bare = [
        f"{path.relative_to(EXCHANGE)}:{text.lineno}"
        for path in EXCHANGE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "ExchangeError"
        for text in (*call.args, *(k.value for k in call.keywords if k.arg != "got"))
        if (isinstance(text, ast.Constant) and " " in str(text.value))
        or (
            isinstance(text, ast.JoinedStr)
            and any(" " in str(p.value) for p in text.values if isinstance(p, ast.Constant))
        )
    ]
    assert bare == []

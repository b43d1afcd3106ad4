"""What a file is refused for is said in the language of the person who sent it."""

from __future__ import annotations

import pickle

import pytest
from django.utils import translation

from fairlead.apps.roster.exchange.opening import FORMULA, read_table
from fairlead.apps.roster.exchange.problems import ExchangeError, in_language, said


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

"""The records of an Ed-Fi interchange file, one at a time, with their lines; safe against what XML can be made to do.

Expat reads pieces of bounded size and tells where it is. A document type is refused before anything in it is expanded
(that is where entities are declared, so there are none to explode or to fetch), and so are records without an end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element
from xml.parsers import expat

from fairlead.apps.roster.exchange.opening import open_bytes
from fairlead.apps.roster.exchange.problems import ExchangeError, said
from fairlead.apps.roster.exchange.problems import gettext_noop as _

NAMESPACE = "ed-fi.org"
PIECE = 1024 * 1024
DEEPEST = 40
LONGEST_TEXT = 256 * 1024
MOST_ELEMENTS = 20_000  # of one record


def interchange_of(path: Path) -> str:
    """The name of the interchange (`Student`, `MasterSchedule`, …); empty when the file is none."""
    try:
        for _element, _line in _Records(path, path.name).run(only_root=True):
            pass
    except _Root as root:
        return root.name
    except ExchangeError:
        return ""
    return ""


def records(path: Path, name: str) -> Iterator[tuple[Element, int]]:
    """Each record of the file (names without their namespace) and the line where it begins."""
    return _Records(path, name).run()


class _Root(Exception):
    """The first element, when nothing more is asked for."""

    def __init__(self, name: str) -> None:
        self.name = name


class _Records:
    """Builds one record at a time and forgets it when it is handed on."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        self.only_root = False
        self.root = ""
        self.stack: list[Element] = []
        self.text: list[str] = []
        self.length = self.elements = self.line = 0
        self.done: list[tuple[Element, int]] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def run(self, only_root: bool = False) -> Iterator[tuple[Element, int]]:
        self.only_root = only_root
        try:
            with open_bytes(self.path, self.name) as file:
                while piece := file.read(PIECE):
                    self.parser.Parse(piece)
                    yield from self._hand_on()
                self.parser.Parse(b"", True)
                yield from self._hand_on()
        except expat.ExpatError as error:
            raise ExchangeError(
                _("This XML file cannot be read."),
                allowed=_("well-formed XML in UTF-8"),
                got=said(_("%(what)s at character %(n)s"), what=expat.ErrorString(error.code), n=error.offset + 1),
                where=self._where(error.lineno),
                then=_("export it again; if it was copied, the copy is damaged"),
            ) from None

    def _hand_on(self) -> Iterator[tuple[Element, int]]:
        done, self.done = self.done, []
        yield from done

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        space, _space, bare = tag.rpartition(" ")
        if not self.root:
            self.root = bare
            if not (bare.startswith("Interchange") and NAMESPACE in space):
                if self.only_root:
                    raise _Root("")
                raise ExchangeError(
                    _("This XML file is no Ed-Fi interchange."),
                    allowed=_("a first element Interchange… in the namespace of Ed-Fi"),
                    got=bare[:60],
                    where=self._where(self.parser.CurrentLineNumber),
                    then=_("export the roster as Ed-Fi interchange XML, or leave this file out"),
                )
            if self.only_root:
                raise _Root(bare.removeprefix("Interchange"))
            return
        element = Element(bare, attributes)
        if self.stack:
            self.stack[-1].append(element)
            self.elements += 1
        else:
            self.line, self.elements = self.parser.CurrentLineNumber, 0
        self.stack.append(element)
        self._begin_text()
        if len(self.stack) > DEEPEST or self.elements > MOST_ELEMENTS:
            raise self._too_large()

    def _end(self, _tag: str) -> None:
        if not self.stack:
            return
        element = self.stack.pop()
        if self.text and not len(element):
            element.text = "".join(self.text).strip() or None
        self._begin_text()
        if not self.stack:
            self.done.append((element, self.line))

    def _begin_text(self) -> None:
        self.text, self.length = [], 0

    def _characters(self, text: str) -> None:
        if not self.stack:
            return
        self.length += len(text)
        if self.length > LONGEST_TEXT:
            raise self._too_large()
        self.text.append(text)

    def _doctype(self, *_arguments: object) -> None:
        raise ExchangeError(
            _("This XML file declares a document type; it was not read further."),
            allowed=_("XML without <!DOCTYPE …>: Ed-Fi has none, and entities can be made to explode"),
            got="<!DOCTYPE",
            where=self._where(self.parser.CurrentLineNumber),
            then=_("remove the declaration, or export the file again"),
        )

    def _too_large(self) -> ExchangeError:
        return ExchangeError(
            _("A record of this XML file is larger than any of a roster."),
            allowed=said(_("at most %(n)s elements, %(m)s deep"), n=MOST_ELEMENTS, m=DEEPEST),
            got=_("more, or a text that does not end"),
            where=self._where(self.parser.CurrentLineNumber),
            then=_("look at this line; export the file again"),
        )

    def _where(self, line: int) -> str:
        return said(_("%(file)s, line %(line)s"), file=self.name, line=line)

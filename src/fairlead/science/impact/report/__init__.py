"""A study as a plain document: sections with paragraphs, tables and the data of figures. Whoever shows it, draws it.

`writer` puts the sections in order; `glance` is the first page's table, `balance` and `detail` write the longer sections;
`document` says what all of them are made of.
"""

from fairlead.science.impact.fixed_words import label
from fairlead.science.impact.report.document import FigureData, Report, Section, Table
from fairlead.science.impact.report.writer import build_report

__all__ = ["FigureData", "Report", "Section", "Table", "build_report", "label"]

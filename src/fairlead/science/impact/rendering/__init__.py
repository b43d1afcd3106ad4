"""A report as files: HTML that needs nothing else, a tagged PDF, and charts as SVG, each with its numbers and its words.

Nothing here is imported by the engine itself: Altair, vl-convert and Typst are loaded when a report is drawn.
"""

"""The report of a study as one HTML file that needs no network."""

from nasattn.report.html.report import Drawn, Report, write_report

__all__ = ["Drawn", "Report", "write_report"]

"""Postroad 驿道: a company's communication channels, run to a written standard."""

"""Grades responses against answer specs."""

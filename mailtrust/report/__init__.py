"""Outcomes of hosts -> one Report, and every form that it is shown in."""

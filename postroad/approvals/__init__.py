"""Requests and their approval: flows as data, steps, decisions, and the effect that a decision has.

A capability registers an effect (`registry.register_effect`) and submits requests (`actions.submit`). The
last approval and the effect happen in one transaction; nobody approves what they asked for themselves.
"""

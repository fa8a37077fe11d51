"""The systems: a folder per published system, with all that is its own.

A folder's `__init__.py` holds `SYSTEM` (stages/common/registry.py), which says what networks and what kinds
of pretraining it brings. docs/new-system.md walks through one.
"""

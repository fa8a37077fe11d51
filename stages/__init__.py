"""Spoken video grounding as a pipeline: one room per stage, in the order in which data flows."""

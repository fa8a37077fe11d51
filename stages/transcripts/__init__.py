"""What a speech recogniser makes of the mixed speech of every query.

`asr.engine` names a module of `engines`. Whatever the engine, a query is heard by itself: its text does not
depend on the queries around it, on the number of workers or on an interruption.
"""

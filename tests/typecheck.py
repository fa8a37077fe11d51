"""The checker of annotations; a whole number is a float, as for Python's own type checkers."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))

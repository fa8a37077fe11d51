"""A corpus joined from short captioned clips: each becomes a moment of a longer video.

clips_table.py reads the clips, usable.py says which can be joined, plan.py draws which are joined and how,
pictures.py joins their pictures, features.py describes them, source.py is the corpus.
"""

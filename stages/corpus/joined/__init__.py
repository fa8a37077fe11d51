"""A corpus joined from short captioned clips: each becomes a moment of a longer video.

clips_table.py reads the clips, lengths.py what they show, plan.py draws which are joined and how, pictures.py
joins their pictures, source.py is the corpus.
"""

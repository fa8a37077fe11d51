"""Who speaks the captions that nobody has read aloud: espeak-ng's voices, or neural ones."""

"""What counts as a word, in captions, transcripts and embeddings alike."""

import re

# Letters and digits of any script, with apostrophes inside: "don't" is one word.
_WORD = re.compile(r"\w+(?:'\w+)*")


def split_words(text: str) -> list[str]:
    """The words of a sentence, in lower case, without punctuation."""
    return _WORD.findall(text.lower().replace("’", "'"))

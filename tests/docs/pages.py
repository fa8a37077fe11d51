"""The pages that users read, and what stands in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.paths import ROOT

# `<!-- a new network: stages/… -->` above a block: it is that file.
_FILE = r"(?:<!-- (?P<kind>[^:\n]+): (?P<file>\S+) -->\n)?"
_BLOCK = re.compile(rf"^{_FILE}(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.M | re.S)
_PROGRAM = re.compile(r"^(\w+=(\"[^\"]*\"|\S*) )*(svground|make|python|dvc|pip|uv|git) ")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    text: str
    kind: str | None
    file: str | None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command line that a page shows; `whole` where it stands in a block, and not in a sentence."""

    page: str
    line: int
    words: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {shlex.join(self.words)}"


def pages() -> list[str]:
    """README.md, and all other pages but those that a command writes."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    found += [path for path in [ROOT / "reports/README.md", ROOT / "models/README.md"] if path.exists()]
    return [str(path.relative_to(ROOT)) for path in found]


def text_of(page: str) -> str:
    return (ROOT / page).read_text()


def blocks(page: str, *languages: str) -> list[Block]:
    """The blocks of a page in their order, of some languages or of all."""
    text = text_of(page)
    return [
        Block(page, text.count("\n", 0, found.start("text")), found["language"], found["text"],
              found["kind"], found["file"])
        for found in _BLOCK.finditer(text) if not languages or found["language"] in languages
    ]  # fmt: skip


def files_shown(kind: str) -> dict[str, str]:
    """The files of one kind that a page shows in full, and their text."""
    shown = [block for page in pages() for block in blocks(page) if block.kind == kind]
    return {str(block.file): block.text for block in shown}


def prose(page: str) -> str:
    """A page without its blocks; lines stay where they are."""
    return _BLOCK.sub(lambda found: "\n" * found[0].count("\n"), text_of(page))


def code_spans(page: str) -> Iterator[tuple[int, str]]:
    """What stands `so` in sentences, and its line."""
    text = prose(page)
    for found in re.finditer(r"(?<!`)`([^`]+)`(?!`)", text):
        yield text.count("\n", 0, found.start()) + 1, " ".join(found[1].split())


def commands(page: str) -> list[Command]:
    """The command lines of a page, in blocks for a shell or for reading and in sentences."""
    found = []
    for block in blocks(page, "bash", "text", "sh", "console", ""):
        lines = block.text.replace("\\\n", " ").splitlines()
        for number, line in enumerate(lines, block.line + 1):
            if _PROGRAM.match(f"{line} "):
                found += [Command(page, number, words, True) for words in split(line)]
    for number, span in code_spans(page):
        if _PROGRAM.match(f"{span} "):
            found += [Command(page, number, words, False) for words in split(span)]
    return found


def split(line: str) -> list[tuple[str, ...]]:
    """The commands of a line, without settings of the environment before them and comments after them."""
    # Dots stand for what the reader puts there.
    lexer = shlex.shlex(line.replace("…", "").replace("...", ""), posix=True, punctuation_chars="();|&<>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    commands: list[list[str]] = [[]]
    for word in lexer:
        if set(word) <= set("();|&<>"):
            commands.append([])
        elif commands[-1] or not re.match(r"\w+=", word):
            commands[-1].append(word)
    return [tuple(words) for words in commands if words and words != ["$"]]


def path_of(page: str) -> Path:
    return ROOT / page

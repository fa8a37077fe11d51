"""`svground COMMAND …`: ask about a video, look at a finished run, run the papers' experiments."""

import os
import runpy
import sys
from pathlib import Path

# Commands that share the folder of another one.
_PARTS = {"say": "ask.say", "example": "ask.example", "latency": "ask.bench"}
_ENTRY = "stages/tools/__main__.py"
_CHECKOUT = ("dvc.yaml", "params.yaml", _ENTRY)


def main() -> None:
    """Run a command with the code of the checkout that the user stands in, else with the installed code."""
    here = Path.cwd()
    if all((here / name).is_file() for name in _CHECKOUT) and not (here / _ENTRY).samefile(__file__):
        # First on the path, whatever Python is told of the working folder; its children look there too.
        path = os.pathsep.join([str(here), *filter(None, [os.environ.get("PYTHONPATH")])])
        command = [sys.executable, "-m", "stages.tools", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": path})
    known = commands()
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("-h", "--help"):
        print(_help(known))
        return
    if name not in known:
        print(f"svground: there is no command {name!r}; it has {', '.join(known)}", file=sys.stderr)
        sys.exit(2)
    del sys.argv[1]
    runpy.run_module(known[name], run_name="__main__", alter_sys=True)


def commands() -> dict[str, str]:
    """Each command and the module that it runs: the folders beside this file, and parts of them."""
    package = __name__.removesuffix(".__main__") if __name__ != "__main__" else "stages.tools"
    # Looked up as files: to find their modules, Python would import the rooms, and torch with them.
    here = Path(__file__).parent
    rooms = sorted(path.parent.name for path in here.glob("*/__main__.py"))
    return {
        **{name: f"{package}.{name}" for name in rooms},
        **{name: f"{package}.{part}" for name, part in _PARTS.items()},
    }


def _help(known: dict[str, str]) -> str:
    lines = [f"  {name:<8} {_first_sentence(module)}" for name, module in sorted(known.items())]
    return "\n".join([__doc__ or "", "", *lines, "", "`svground COMMAND --help` explains a command."])


def _first_sentence(module: str) -> str:
    """The first line of a module's docstring, read without running it."""
    import ast

    room, *part = module.split("stages.tools.")[1].split(".")
    source = Path(__file__).parent / room / (f"{part[0]}.py" if part else "__main__.py")
    text = ast.get_docstring(ast.parse(source.read_text())) or ""
    return text.split("\n")[0].rstrip(".")


if __name__ == "__main__":
    main()

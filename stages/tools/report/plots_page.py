"""The page that `dvc plots show` fills, with vega inside, so that plots appear without a network.

DVC's own page loads vega from a CDN. When DVC wants other versions (its test says so):

    npm pack vega@5.20.2 vega-lite@5.2.0 vega-embed@6.18.2
    python -m stages.tools.report.plots_page vega-5.20.2.tgz vega-lite-5.2.0.tgz vega-embed-6.18.2.tgz
"""

import argparse
import json
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path

from dvc_render.vega import VegaRenderer

from stages.common.artifacts import written_whole
from stages.common.errors import UserError, stage_entry

# .dvc/config names it, as plots.html_template.
PAGE = Path(".dvc/plots.html")
_HERE = Path(__file__).parent


def wanted() -> dict[str, str]:
    """The libraries that DVC draws with and their versions, in the order in which they load."""
    return dict(re.findall(r"npm/([a-z-]+)@([0-9.]+)", VegaRenderer.SCRIPTS))


@stage_entry
def main() -> None:
    """Write the page out of the libraries' packages."""
    parser = argparse.ArgumentParser(
        prog="python -m stages.tools.report.plots_page", description=main.__doc__
    )
    parser.add_argument("packages", type=Path, nargs="+", metavar="TGZ", help="as `npm pack` fetches them")
    text = page(dict(read_library(package) for package in parser.parse_args().packages))
    with written_whole(PAGE) as temporary:
        temporary.write_text(text)
    print(f"{PAGE}: {len(text.encode()) / 1e6:.2f} MB")


def read_library(package: Path) -> tuple[str, str]:
    """`name@version` and the minified code of a package."""
    try:
        with tarfile.open(package) as files:
            about = json.loads(_member(files, "package/package.json"))
            code = _member(files, f"package/build/{about['name']}.min.js")
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise UserError(f"{package} is no package of a vega library ({error}); see `npm pack`") from None
    return f"{about['name']}@{about['version']}", code


def _member(files: tarfile.TarFile, name: str) -> str:
    member = files.extractfile(name)
    if member is None:
        raise KeyError(f"{name} is no file")
    return member.read().decode()


def page(libraries: Mapping[str, str]) -> str:
    """The page, with DVC's placeholders and without the scripts that DVC would load."""
    names = [f"{name}@{version}" for name, version in wanted().items()]
    if missing := [name for name in names if name not in libraries]:
        raise UserError(
            f"DVC draws with {' '.join(names)}; run `npm pack {' '.join(missing)}`, and name all files"
        )
    # The maps of the sources stand beside the libraries, not here.
    code = [re.sub(r"//# sourceMappingURL=.*", "", libraries[name]).strip() for name in names]
    scripts = "\n".join(
        f"<script>/* {name} */\n{text}\n</script>" for name, text in zip(names, code, strict=True)
    )
    frame = (_HERE / "plots_frame.html").read_text()
    notices = (_HERE / "plots_notices.txt").read_text()
    return frame.replace("{notices}", notices.rstrip()).replace("{libraries}", scripts)


if __name__ == "__main__":
    main()

import hashlib
import http.server
import stat
import threading
import zipfile
from pathlib import Path

import pytest
import soundfile

from stages.common.errors import DataError, ParamsError
from stages.mix import __main__ as room
from stages.mix import archive
from stages.mix.archive import unpack
from stages.mix.source import cache_folder, open_esc50
from tests.mix.noise_world import params, write_corpus, write_esc50


def zipped(folder: Path, path: Path, root: str = "ESC-50-master/") -> Path:
    """The folder as GitHub packs it, with files that are none of our business."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"{root}README.md", "ESC-50")
        file.writestr(f"{root}audio/more/notes.txt", "no clip")
        for member in sorted(folder.rglob("*.*")):
            file.write(member, root + str(member.relative_to(folder)))
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def archive_of_esc50(world):
    return zipped(write_esc50(world / "esc50"), world / "ESC-50-master.zip")


@pytest.fixture
def server(world, monkeypatch):
    """A web server of the test's folder; `requests` lists what it was asked for."""
    requests = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            if self.path == "/cut.zip":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"x" * 10)
            else:
                super().do_GET()

        def log_message(self, *_):
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: Handler(*args, directory=world))
    server.requests = requests
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_folder_a_zip_and_a_url_give_the_same_bytes(world, archive_of_esc50, server):
    write_corpus(8)
    found = []
    for source, digest in (
        (str(world / "esc50"), None),
        (str(archive_of_esc50), None),
        (f"{server.url}/{archive_of_esc50.name}", sha256(archive_of_esc50)),
    ):
        room.mix_all(params(esc50=source, sha256=digest))
        found.append({path.name: path.read_bytes() for path in Path("data/mixed").iterdir()})
    assert found[0] == found[1] == found[2]


def as_flac(folder: Path) -> Path:
    """The same clips in another format, which the table names."""
    for clip in (folder / "audio").glob("*.wav"):
        soundfile.write(clip.with_suffix(".flac"), *soundfile.read(clip))
        clip.unlink()
    table = folder / "meta" / "esc50.csv"
    table.write_text(table.read_text().replace(".wav", ".flac"))
    return folder


def test_a_zip_may_hold_clips_of_any_format_as_a_folder_may(world):
    folder = as_flac(write_esc50(world / "esc50"))
    archive = zipped(folder, world / "ESC-50-master.zip")
    of_folder, of_zip = (open_esc50(params(esc50=str(path)).noise) for path in (folder, archive))
    assert of_zip.folds == of_folder.folds
    for names in of_folder.folds.values():
        assert all(of_zip.path(name).read_bytes() == of_folder.path(name).read_bytes() for name in names)


@pytest.mark.fault("clips gone from the cache of an unpacked zip", lost="nothing: it is unpacked again")
def test_a_cache_that_lacks_clips_is_made_again(archive_of_esc50):
    noise = params(esc50=str(archive_of_esc50)).noise
    esc50 = open_esc50(noise)
    lacking = esc50.path(esc50.folds[1][0])
    lacking.unlink()
    assert open_esc50(noise) == esc50
    assert lacking.exists()


def test_a_url_is_fetched_once_and_leaves_the_clips_alone(world, archive_of_esc50, server):
    noise = params(esc50=f"{server.url}/{archive_of_esc50.name}", sha256=sha256(archive_of_esc50)).noise
    first, second = open_esc50(noise), open_esc50(noise)
    assert server.requests == ["/ESC-50-master.zip"]
    assert first == second
    assert [path.name for path in cache_folder().iterdir()] == [noise.sha256]
    names = {str(path.relative_to(first.folder)) for path in first.folder.rglob("*.*")}
    assert names == {str(path.relative_to(world / "esc50")) for path in (world / "esc50").rglob("*.*")}


@pytest.mark.fault("a download of other bytes, absent, or cut off", lost="nothing: nothing is kept")
@pytest.mark.parametrize(
    ("name", "digest", "says"),
    [
        ("ESC-50-master.zip", "0" * 64, "but noise.sha256 is 0000"),
        ("absent.zip", "0" * 64, "can't be fetched.*404"),
        ("cut.zip", "0" * 64, "can't be fetched|cut off after 10 of 1000 bytes"),
    ],
)
@pytest.mark.usefixtures("archive_of_esc50")
def test_a_download_that_is_not_what_was_named(server, name, digest, says):
    with pytest.raises(DataError, match=says):
        open_esc50(params(esc50=f"{server.url}/{name}", sha256=digest).noise)
    assert list(cache_folder().iterdir()) == []


def test_nobody_listens(server):
    server.shutdown()
    server.server_close()
    with pytest.raises(DataError, match="can't be fetched"):
        open_esc50(params(esc50=f"{server.url}/x.zip", sha256="0" * 64).noise)


@pytest.mark.usefixtures("world")
def test_a_sha256_of_no_zip_is_refused():
    with pytest.raises(ParamsError, match=r"`noise\.sha256` is set, but `noise\.esc50` is /tmp"):
        open_esc50(params(esc50="/tmp", sha256="0" * 64).noise)


@pytest.mark.usefixtures("world")
def test_the_stand_in_comes_from_its_stage():
    with pytest.raises(DataError, match=r"data/esc50 does not exist; run `dvc repro esc50`"):
        open_esc50(params().noise)


def test_a_zip_with_another_sha256(archive_of_esc50):
    with pytest.raises(DataError, match=f"{sha256(archive_of_esc50)}, but noise.sha256 is 1111"):
        open_esc50(params(esc50=str(archive_of_esc50), sha256="1" * 64).noise)


@pytest.mark.fault("a zip with `..`, absolute paths, drives or backslashes", lost="nothing: refused")
@pytest.mark.parametrize(
    "name",
    ["../evil.wav", "/evil.wav", "ESC-50-master/../../evil.wav", "C:/evil.wav", "audio\\..\\..\\evil.wav"],
)
def test_a_zip_that_writes_elsewhere_is_refused(world, archive_of_esc50, name):
    with zipfile.ZipFile(archive_of_esc50, "a") as file:
        file.writestr(name, "evil")
    with pytest.raises(DataError, match="leads out of its folder"):
        unpack(archive_of_esc50, world / "into" / "here")
    assert list((world / "into").iterdir()) == []
    assert not list(world.rglob("evil*"))


@pytest.mark.fault("a zip with a link", lost="nothing: refused")
def test_a_zip_with_a_link_is_refused(world, archive_of_esc50):
    link = zipfile.ZipInfo("ESC-50-master/audio/1-9-A-1.wav")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive_of_esc50, "a") as file:
        file.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match="is a link or device"):
        unpack(archive_of_esc50, world / "into" / "here")


@pytest.mark.fault("a zip that expands a thousandfold", lost="nothing: refused")
def test_a_zip_that_expands_beyond_measure_is_refused(world, archive_of_esc50, monkeypatch):
    with zipfile.ZipFile(archive_of_esc50, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("ESC-50-master/audio/1-9-A-1.wav", bytes(200 << 20))
    with pytest.raises(DataError, match="100 times its own size"):
        unpack(archive_of_esc50, world / "into" / "here")
    monkeypatch.setattr(archive, "LARGEST_EXPANSION", 10_000)
    monkeypatch.setattr(archive, "LARGEST", 100 << 20)
    with pytest.raises(DataError, match="allowed are 104,857,600"):
        unpack(archive_of_esc50, world / "into" / "here")


@pytest.mark.fault("a zip that lies about the size of a file in it", lost="nothing: refused")
def test_a_member_that_lies_about_its_size_is_not_read_on(world, archive_of_esc50):
    content = archive_of_esc50.read_bytes()
    with zipfile.ZipFile(archive_of_esc50) as file:
        size = file.getinfo("ESC-50-master/audio/1-1000-A-16.wav").file_size
    assert content.count(size.to_bytes(4, "little")) >= 2
    archive_of_esc50.write_bytes(content.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little")))
    with pytest.raises(DataError, match="no sound zip file"):
        unpack(archive_of_esc50, world / "into" / "here")


@pytest.mark.fault("a zip cut short, damaged inside, or of something else", lost="nothing: refused")
def test_damaged_and_foreign_zips(world, archive_of_esc50):
    whole = archive_of_esc50.read_bytes()
    archive_of_esc50.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="no sound zip file"):
        open_esc50(params(esc50=str(archive_of_esc50)).noise)
    middle = len(whole) // 3
    archive_of_esc50.write_bytes(whole[:middle] + bytes(100) + whole[middle + 100 :])
    with pytest.raises(DataError, match="no sound zip file"):
        open_esc50(params(esc50=str(archive_of_esc50)).noise)
    with zipfile.ZipFile(world / "foreign.zip", "w") as file:
        file.writestr("cats/cat.jpg", "meow")
    with pytest.raises(DataError, match=r"holds 0 files meta/esc50.csv; expected ESC-50's zip"):
        open_esc50(params(esc50=str(world / "foreign.zip")).noise)
    assert list(cache_folder().iterdir()) == []

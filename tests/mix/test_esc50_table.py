from pathlib import Path

import numpy as np
import pytest

from stages.common.audio import SAMPLE_RATE, read_audio
from stages.common.errors import DataError
from stages.mix import __main__ as room
from stages.mix.esc50 import read_esc50
from tests.mix.noise_world import params, write_corpus, write_esc50

REAL = Path(__file__).parents[2] / "../shared/real/esc50"
real_esc50 = pytest.mark.skipif(not REAL.exists(), reason="no real ESC-50 beside the checkout")


def test_clips_come_by_fold_and_in_the_order_of_their_names(tmp_path):
    esc50 = read_esc50(write_esc50(tmp_path / "esc50"))
    assert esc50.clips("train", [2, 1]) == [
        "2-1000-A-16.wav", "2-1000-B-16.wav", "1-1000-A-16.wav", "1-1000-B-16.wav"
    ]  # fmt: skip


def test_the_folder_around_the_unpacked_one_will_do(tmp_path):
    write_esc50(tmp_path / "downloads" / "ESC-50-master")
    assert read_esc50(tmp_path / "downloads").folder == tmp_path / "downloads" / "ESC-50-master"
    write_esc50(tmp_path / "downloads" / "copy")
    with pytest.raises(DataError, match="holds 2 times"):
        read_esc50(tmp_path / "downloads")


def test_a_folder_that_is_no_esc50(tmp_path):
    with pytest.raises(DataError, match=r"holds 0 times meta/esc50.csv.*expected ESC-50 as published"):
        read_esc50(tmp_path)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("", "can't be read as a table"),
        (
            "filename;fold;target\n1-1000-A-16.wav;1;16",
            "no column filename and fold; it has filename;fold;target",
        ),
        ("filename,target\n1-1000-A-16.wav,16", "no column fold"),
        ("filename,fold\n1-1000-A-16.wav,6", "line 2: the fold is '6', expected a whole number from 1 to 5"),
        ("filename,fold\n1-1000-A-16.wav,", "line 2: the fold is ''"),
        ("filename,fold\n1-1000-A-16.wav,1\n1-1000-A-16.wav,5", "lists 1-1000-A-16.wav more than once"),
        ("filename,fold\n1-1000-A-16.wav,1\n../meta/esc50.csv,1", "line 3: '../meta/esc50.csv' is no plain"),
        ("filename,fold\n1-1-A-1.wav,1\n1-2-A-1.wav,1", "lists 1-1-A-1.wav and 1 more that are not in"),
        ("filename,fold\n1-1000-A-16.wav,1,2,3\n1,2,3,4,5,6", "can't be read as a table"),
    ],
)
def test_a_wrong_table_is_one_clear_line(tmp_path, table, says):
    folder = write_esc50(tmp_path / "esc50")
    (folder / "meta/esc50.csv").write_text(table)
    with pytest.raises(DataError) as error:
        read_esc50(folder)
    assert says in str(error.value)
    assert str(folder / "meta/esc50.csv") in str(error.value)
    assert "\n" not in str(error.value)


def test_rows_of_more_cells_than_the_header_are_refused(tmp_path):
    esc50 = write_esc50(tmp_path / "esc50")
    (esc50 / "meta/esc50.csv").write_text("filename,fold\na.wav,1,2,3\n")
    with pytest.raises(DataError, match="has rows of more cells than its header"):
        read_esc50(esc50)


@pytest.mark.fault("a table of noise clips that is no text", lost="nothing: refused")
def test_bytes_that_are_no_text(tmp_path):
    folder = write_esc50(tmp_path / "esc50")
    (folder / "meta/esc50.csv").write_bytes(b"\xff\xfe\x00\x81" * 50)
    with pytest.raises(DataError, match="can't be read as a table"):
        read_esc50(folder)


def test_a_fold_without_clips_names_fold_and_split(tmp_path):
    folder = write_esc50(tmp_path / "esc50")
    table = (folder / "meta/esc50.csv").read_text().splitlines()
    (folder / "meta/esc50.csv").write_text("\n".join(line for line in table if not line.startswith("2-")))
    with pytest.raises(DataError, match=r"fold 2, which noise.folds.train asks for; it has folds 1, 3"):
        read_esc50(folder).clips("train", [1, 2, 3])


@real_esc50
def test_real_clips_become_16_khz_mono():
    esc50 = read_esc50(REAL)
    assert {fold: len(names) for fold, names in esc50.folds.items()} == {4: 100}
    for name in esc50.folds[4][::10]:
        samples = read_audio(esc50.path(name))
        assert samples.shape == (5 * SAMPLE_RATE,)
        assert np.isfinite(samples).all()


@real_esc50
@pytest.mark.usefixtures("world")
def test_real_noise_is_mixed_at_the_asked_ratio():
    # The sample has fold 4 only, so only a corpus of training queries can be mixed with it.
    write_corpus(2)
    folds = {"train": [4], "dev": [2], "test": [1]}
    metrics = room.mix_all(params(esc50=str(REAL.resolve()), folds=folds, snr_db=[5.0, 5.0]))
    assert metrics["train"]["noise_clips"] == 100
    assert metrics["train"]["snr_db_min"] == pytest.approx(5, abs=0.1)
    assert metrics["train"]["snr_db_max"] == pytest.approx(5, abs=0.1)
    write_corpus(4)
    with pytest.raises(DataError, match=r"no clip of fold 2, which noise.folds.dev asks for; it has folds 4"):
        room.mix_all(params(esc50=str(REAL.resolve()), folds=folds))

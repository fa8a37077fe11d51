import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest

from stages.common.errors import DataError
from stages.corpus.arrays import Arrays

C3D = np.arange(6, dtype=np.float32).reshape(3, 2)


def official_c3d(root: Path, array: np.ndarray) -> Path:
    with h5py.File(root / "c3d.hdf5", "w") as file:
        file["v_-x/c3d_features"] = array
        file["v_y/c3d_features"] = array[:1]
    return root / "c3d.hdf5"


def plain_datasets(root: Path, array: np.ndarray) -> Path:
    with h5py.File(root / "clip.hdf5", "w") as file:
        file["v_-x"] = array
        file["v_y"] = array[:1]
    return root / "clip.hdf5"


def an_h5_per_video(root: Path, array: np.ndarray) -> Path:
    for video_id, part in (("v_-x", array), ("v_y", array[:1])):
        with h5py.File(root / f"{video_id}.h5", "w") as file:
            file["feature"] = part
    return root


def an_npy_per_video(root: Path, array: np.ndarray) -> Path:
    np.save(root / "v_-x.npy", array)
    np.save(root / "v_y.npy", array[:1])
    return root


LAYOUTS = [official_c3d, plain_datasets, an_h5_per_video, an_npy_per_video]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_arrays(tmp_path, layout):
    arrays = Arrays(layout(tmp_path, C3D.astype(np.float64)))
    assert "v_-x" in arrays
    assert "v_z" not in arrays
    np.testing.assert_array_equal(arrays["v_-x"], C3D)
    assert arrays["v_-x"].dtype == np.float32
    assert arrays["v_y"].shape == (1, 2)


@pytest.mark.fault("video ids that lead out of the features' folder", lost="nothing: refused")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_id_leaves_the_place(tmp_path, layout):
    (tmp_path / "in").mkdir()
    np.save(tmp_path / "secret.npy", C3D)
    arrays = Arrays(layout(tmp_path / "in", C3D))
    outside = ["../secret", str(tmp_path / "secret"), "a/../../secret", "", ".", "..", "v\0"]
    assert not [video_id for video_id in outside if video_id in arrays]
    with pytest.raises(DataError, match=r"no features of video '\.\./secret'"):
        arrays["../secret"]


@pytest.mark.parametrize("layout", [official_c3d, an_npy_per_video])
def test_an_id_may_hold_a_slash(tmp_path, layout):
    arrays = Arrays(layout(tmp_path, C3D))
    if arrays.path.is_dir():
        (tmp_path / "kitchen").mkdir()
        np.save(tmp_path / "kitchen" / "07.npy", 2 * C3D)
    else:
        with h5py.File(arrays.path, "a") as file:
            file["kitchen/07/c3d_features"] = 2 * C3D
    np.testing.assert_array_equal(arrays["kitchen/07"], 2 * C3D)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_open_files_do_not_travel(tmp_path, layout):
    arrays = Arrays(layout(tmp_path, C3D))
    arrays["v_y"]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(arrays))["v_-x"], C3D)


@pytest.mark.fault("features of a wrong shape or type, or with NaN", lost="that video's queries")
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (np.zeros((4, 2, 2), np.float32), r"shape \[4, 2, 2\], expected \[T, D\]"),
        (np.zeros((0, 2), np.float32), r"shape \[0, 2\]"),
        (np.array([[1.0, np.nan]], np.float32), "NaN or infinity"),
        (np.zeros((3, 2), np.int32), "int32, expected floats"),
    ],
)
def test_what_is_no_feature_array_is_refused(tmp_path, layout, array, problem):
    arrays = Arrays(layout(tmp_path, array))
    with pytest.raises(DataError, match=problem) as caught:
        arrays["v_-x"]
    assert "'v_-x'" in str(caught.value)


def test_two_widths_are_refused(tmp_path):
    arrays = Arrays(an_npy_per_video(tmp_path, C3D))
    np.save(tmp_path / "v_z.npy", np.ones((3, 5), np.float32))
    arrays["v_y"]
    with pytest.raises(DataError, match="'v_z' are 5 wide, those of 'v_y' are 2"):
        arrays["v_z"]


def test_a_single_time_step_keeps_its_two_dimensions(tmp_path):
    np.save(tmp_path / "v_x.npy", np.ones((1, 1, 1, 4), np.float32))
    assert Arrays(tmp_path)["v_x"].shape == (1, 4)


@pytest.mark.fault("a pickle in an `.npy`", lost="nothing: refused")
def test_a_pickle_is_not_loaded(tmp_path):
    np.save(tmp_path / "v_x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match=r"v_x\.npy is no plain \.npy array"):
        Arrays(tmp_path)["v_x"]


@pytest.mark.fault("an hdf5 or `.npy` file of features cut short", lost="that file's queries")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_damaged_file_is_named(tmp_path, layout):
    arrays = Arrays(layout(tmp_path, C3D))
    file = arrays.path if arrays.path.is_file() else next(tmp_path.glob("v_-x.*"))
    file.write_bytes(file.read_bytes()[:70])
    with pytest.raises(DataError, match=file.name):
        arrays["v_-x"]


def test_a_file_of_other_datasets_is_refused(tmp_path):
    with h5py.File(tmp_path / "v_x.h5", "w") as file:
        file["rgb"], file["flow"] = C3D, C3D
    with pytest.raises(DataError, match="holds flow, rgb; expected one dataset of features"):
        Arrays(tmp_path)["v_x"]


def test_the_default_place_is_below_the_root(tmp_path):
    assert Arrays.below(tmp_path, "/elsewhere/c3d.hdf5").path == Path("/elsewhere/c3d.hdf5")
    assert Arrays.below(tmp_path, None).path == tmp_path / "features"
    (tmp_path / "features.hdf5").touch()
    assert Arrays.below(tmp_path, None).path == tmp_path / "features.hdf5"
    with pytest.raises(DataError, match=r"features does not exist; set corpus\.features_path"):
        "v_x" in Arrays(tmp_path / "features")  # noqa: B015


def external_link(path, other):
    with h5py.File(path, "w") as file:
        file["v_x"] = h5py.ExternalLink(str(other), "secret")


def soft_link_through_an_external_one(path, other):
    with h5py.File(path, "w") as file:
        file["out"] = h5py.ExternalLink(str(other), "/")
        file["v_x"] = h5py.SoftLink("/out/secret")


def external_group(path, other):
    with h5py.File(path, "w") as file:
        file["v_x/c3d_features"] = h5py.ExternalLink(str(other), "secret")


def external_storage(path, other):
    with h5py.File(path, "w") as file:
        file.create_dataset("v_x", (3, 2), "f4", external=[(str(other), 0, 24)])


def virtual_dataset(path, other):
    layout = h5py.VirtualLayout((3, 2), "f4")
    layout[:] = h5py.VirtualSource(str(other), "secret", (3, 2))
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("v_x", layout)


@pytest.mark.fault(
    "features in hdf5 that are a link to another file of this machine", lost="nothing: refused"
)
@pytest.mark.parametrize(
    "reach",
    [external_link, soft_link_through_an_external_one, external_group, external_storage, virtual_dataset],
)
def test_no_link_leads_to_another_file(tmp_path, reach):
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["secret"] = C3D
    reach(tmp_path / "features.h5", other)
    with pytest.raises(DataError, match="is a link to another file; copy the features themselves"):
        Arrays(tmp_path / "features.h5")["v_x"]


def test_a_link_within_the_file_is_followed(tmp_path):
    with h5py.File(tmp_path / "features.h5", "w") as file:
        file["shared"] = C3D
        file["v_x"] = h5py.SoftLink("/shared")
    np.testing.assert_array_equal(Arrays(tmp_path / "features.h5")["v_x"], C3D)

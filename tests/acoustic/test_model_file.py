"""The `.pbmm` as bytes, read back without a line of the writer."""

import struct

import numpy as np
import torch

from stages.acoustic import protobuf
from stages.acoustic.export import as_model_file
from tests.acoustic.readers import fields, nodes, regions

# What the library looks up by name.
ASKED_FOR = {
    "input_samples", "mfccs", "input_node", "input_lengths", "previous_state_c", "previous_state_h", "logits",
    "new_state_c", "new_state_h", "metadata_version", "metadata_sample_rate", "metadata_feature_win_len",
    "metadata_feature_win_step", "metadata_beam_width", "metadata_alphabet",
}  # fmt: skip


def graph_of(file):
    return nodes(regions(file)["memmapped_package://."][1])


def tensor_of(node):
    """The bytes of a constant."""
    ((_, tensor),) = node[2]["value"]
    return dict(fields(tensor)).get(4)


def test_varints_of_the_specification():
    assert protobuf.varint(300) == bytes([0xAC, 0x02])
    assert protobuf.integer(1, 150) == bytes([0x08, 0x96, 0x01])
    assert protobuf.content(2, "testing") == b"\x12\x07testing"
    assert protobuf.varint(-1) == b"\xff" * 9 + b"\x01"


def test_every_input_is_the_output_of_a_node_above_and_every_name_is_there(network):
    seen = set()
    for name, (_, inputs, _) in graph_of(as_model_file(network, 100)).items():
        assert {source.split(":")[0] for source in inputs} <= seen
        seen.add(name)
    assert seen >= ASKED_FOR


def test_the_constants_are_what_the_library_wants(network):
    graph = graph_of(as_model_file(network, 77))
    expected = {
        "version": 6, "sample_rate": 16_000, "feature_win_len": 32, "feature_win_step": 20, "beam_width": 77,
    }  # fmt: skip
    for name, value in expected.items():
        assert tensor_of(graph[f"metadata_{name}"]) == struct.pack("<i", value)
    assert tensor_of(graph["logits_shape"]) == struct.pack("<iii", 16, 1, 29)


def test_the_regions_are_aligned_and_hold_the_weights(network):
    found = regions(as_model_file(network, 100))
    assert all(offset % 64 == 0 for offset, _ in found.values())
    state = network.state_dict()

    def region(name, shape):
        return np.frombuffer(found[f"memmapped_package://{name}"][1], "<f4").reshape(shape)

    np.testing.assert_array_equal(region("second.weight", (64, 64)), state["second.weight"].T)
    np.testing.assert_array_equal(region("classes.bias", (29,)), state["classes.bias"])
    # Input, cell, forget, output; PyTorch has input, forget, cell, output.
    entering, forget, cell, out = state["lstm.weight_hh_l0"].chunk(4)
    recurrent = region("lstm.weight", (128, 256))[64:]
    np.testing.assert_array_equal(recurrent, torch.cat([entering, cell, forget, out]).T)


def test_the_scaling_is_part_of_the_first_layer(network):
    found = regions(as_model_file(network, 100))
    weight, bias = (
        np.frombuffer(found[f"memmapped_package://first.{part}"][1], "<f4") for part in ("weight", "bias")
    )
    heard = torch.randn(19, 26) * 8 - 5
    with torch.no_grad():
        scaled = (heard - network.mean) / network.deviation
        expected = network.first(scaled.flatten())
    np.testing.assert_allclose(heard.flatten().numpy() @ weight.reshape(494, 64) + bias, expected, atol=1e-3)


def test_the_same_weights_give_the_same_bytes(network):
    assert as_model_file(network, 100) == as_model_file(network, 100)

"""The trained network as a model file that the library runs."""

import numpy as np
import torch
from jaxtyping import Float

from stages.acoustic import mfcc
from stages.acoustic.alphabet import BLANK, serialised
from stages.acoustic.graph import Graph, flag, kind, number, shape, text, whole
from stages.acoustic.memmapped import PREFIX, package
from stages.acoustic.network import CLIP, NEIGHBOURS, AcousticNetwork
from stages.common.audio import SAMPLE_RATE

# Frames that the library hands over at once.
STEPS = 16
# 0.9.x refuses lower ones.
METADATA_VERSION = 6
_CLASSES = BLANK + 1

Weights = dict[str, Float[np.ndarray, "..."]]


def as_model_file(network: AcousticNetwork, beam_width: int) -> bytes:
    """The whole `.pbmm`: what is fed, computed and fetched has the names that the library asks for."""
    weights = _folded(network)
    graph = Graph()
    _add_metadata(graph, beam_width)
    _add_features(graph)
    _add_network(graph, weights)
    regions = {f"{PREFIX}{name}": value.astype("<f4").tobytes() for name, value in weights.items()}
    return package(graph.serialised(), regions)


def _folded(network: AcousticNetwork) -> Weights:
    """The weights as the graph multiplies them; the scaling of the inputs is part of the first layer."""
    state = {name: tensor.detach().cpu().double() for name, tensor in network.state_dict().items()}
    mean, deviation = state["mean"].repeat(NEIGHBOURS), state["deviation"].repeat(NEIGHBOURS)
    state["first.weight"] = state["first.weight"] / deviation
    state["first.bias"] = state["first.bias"] - state["first.weight"] @ mean
    weights = {}
    for layer in ("first", "second", "third", "fifth", "classes"):
        weights[f"{layer}.weight"] = state[f"{layer}.weight"].T
        weights[f"{layer}.bias"] = state[f"{layer}.bias"]
    gates = torch.cat([state["lstm.weight_ih_l0"], state["lstm.weight_hh_l0"]], dim=1)
    weights["lstm.weight"] = _reordered(gates).T
    weights["lstm.bias"] = _reordered(state["lstm.bias_ih_l0"] + state["lstm.bias_hh_l0"])
    return {name: tensor.float().numpy() for name, tensor in weights.items()}


def _reordered(gates: Float[torch.Tensor, "gates ..."]) -> Float[torch.Tensor, "gates ..."]:
    """PyTorch's gates are input, forget, cell, output; BlockLSTM's are input, cell, forget, output."""
    entering, forget, cell, out = gates.chunk(4)
    return torch.cat([entering, cell, forget, out])


def _add_metadata(graph: Graph, beam_width: int) -> None:
    facts = {
        "version": METADATA_VERSION,
        "sample_rate": SAMPLE_RATE,
        "feature_win_len": mfcc.WINDOW * 1000 // SAMPLE_RATE,
        "feature_win_step": mfcc.STRIDE * 1000 // SAMPLE_RATE,
        "beam_width": beam_width,
    }
    for name, value in facts.items():
        graph.add_constant(f"metadata_{name}", np.array([value], np.int32))
    graph.add_bytes("metadata_alphabet", serialised())
    graph.add_bytes("metadata_language", b"en")
    # With it the library checks that classes and alphabet fit each other.
    graph.add_constant("logits_shape", np.array([STEPS, 1, _CLASSES], np.int32))


def _add_features(graph: Graph) -> None:
    samples = graph.add_input("input_samples", np.float32, [mfcc.WINDOW])
    last = graph.add_constant("channel_axis", np.array(-1, np.int32))
    channel = graph.add(
        "channel", "ExpandDims", [samples, last], T=kind(np.float32), Tdim=kind(np.int32)
    )  # fmt: skip
    spectrum = graph.add(
        "spectrum", "AudioSpectrogram", [channel],
        window_size=whole(mfcc.WINDOW), stride=whole(mfcc.STRIDE), magnitude_squared=flag(True),
    )  # fmt: skip
    rate = graph.add_constant("sample_rate", np.array(SAMPLE_RATE, np.int32))
    coefficients = graph.add(
        "coefficients", "Mfcc", [spectrum, rate],
        lower_frequency_limit=number(mfcc.LOWEST_HZ), upper_frequency_limit=number(mfcc.HIGHEST_HZ),
        filterbank_channel_count=whole(mfcc.BANDS), dct_coefficient_count=whole(mfcc.FEATURES),
    )  # fmt: skip
    rows = _reshape(graph, "frames", coefficients, [-1, mfcc.FEATURES])
    graph.add("mfccs", "Identity", [rows], T=kind(np.float32))


def _add_network(graph: Graph, weights: Weights) -> None:
    constants = {name: _add_weight(graph, name, value.shape) for name, value in weights.items()}
    cells = len(weights["lstm.bias"]) // 4
    input_node = graph.add_input("input_node", np.float32, [1, STEPS, NEIGHBOURS, mfcc.FEATURES])
    # The library feeds how many of the frames are real; the rest, at the end, does no harm.
    graph.add_input("input_lengths", np.int32, [1])
    clip = graph.add_constant("clip", np.array(CLIP, np.float32))
    x = _reshape(graph, "flat", input_node, [STEPS, NEIGHBOURS * mfcc.FEATURES])
    for layer in ("first", "second", "third"):
        x = _add_clipped(graph, layer, x, constants, clip)
    hidden = _add_lstm(graph, x, constants, cells)
    x = _add_clipped(graph, "fifth", hidden, constants, clip)
    scores = _add_dense(graph, "classes", x, constants)
    likely = graph.add("likely", "Softmax", [scores], T=kind(np.float32))
    _reshape(graph, "logits", likely, [STEPS, 1, _CLASSES])


def _add_weight(graph: Graph, name: str, sizes: tuple[int, ...]) -> str:
    return graph.add(
        name, "ImmutableConst",
        dtype=kind(np.float32), shape=shape(sizes), memory_region_name=text(f"{PREFIX}{name}"),
    )  # fmt: skip


def _add_lstm(graph: Graph, x: str, constants: dict[str, str], cells: int) -> str:
    """One step a frame; the state goes on from chunk to chunk. Returns the outputs [steps, cells]."""
    steps = graph.add_constant("steps", np.array(STEPS, np.int64))
    peephole = graph.add_constant("no_peephole", np.zeros(cells, np.float32))
    before = [graph.add_input(f"previous_state_{part}", np.float32, [1, cells]) for part in "ch"]
    sequence = _reshape(graph, "sequence", x, [STEPS, 1, cells])
    weights = [constants["lstm.weight"], peephole, peephole, peephole, constants["lstm.bias"]]
    graph.add(
        "lstm", "BlockLSTM", [steps, sequence, *before, *weights],
        T=kind(np.float32), forget_bias=number(0.0), cell_clip=number(-1.0), use_peephole=flag(False),
    )  # fmt: skip
    last = graph.add_constant("last_step", np.array([STEPS - 1], np.int32))
    for part, output in (("c", "lstm:1"), ("h", "lstm:6")):
        graph.add(
            f"new_state_{part}", "GatherNd", [output, last], Tparams=kind(np.float32), Tindices=kind(np.int32)
        )
    return _reshape(graph, "outputs", "lstm:6", [STEPS, cells])


def _add_clipped(graph: Graph, layer: str, x: str, constants: dict[str, str], clip: str) -> str:
    scores = _add_dense(graph, layer, x, constants)
    positive = graph.add(f"{layer}_positive", "Relu", [scores], T=kind(np.float32))
    return graph.add(f"{layer}_clipped", "Minimum", [positive, clip], T=kind(np.float32))


def _add_dense(graph: Graph, layer: str, x: str, constants: dict[str, str]) -> str:
    weight, bias = constants[f"{layer}.weight"], constants[f"{layer}.bias"]
    product = graph.add(
        f"{layer}_product", "MatMul", [x, weight],
        T=kind(np.float32), transpose_a=flag(False), transpose_b=flag(False),
    )  # fmt: skip
    return graph.add(
        f"{layer}_sum", "BiasAdd", [product, bias], T=kind(np.float32), data_format=text("NHWC")
    )  # fmt: skip


def _reshape(graph: Graph, name: str, x: str, sizes: list[int]) -> str:
    target = graph.add_constant(f"{name}_target", np.array(sizes, np.int32))
    return graph.add(name, "Reshape", [x, target], T=kind(np.float32), Tshape=kind(np.int32))

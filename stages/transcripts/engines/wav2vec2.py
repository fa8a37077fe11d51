"""wav2vec 2.0 and HuBERT as fine-tuned on LibriSpeech, from a checkpoint that torchaudio publishes."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int16

from stages.common.audio import from_int16
from stages.common.errors import DataError
from stages.common.params.asr import Asr
from stages.common.torch_audio import torchaudio
from stages.transcripts.engines.interface import Heard, expected_file

# By the encoder's width, and whether the convolutions below it are normalised by layer, and have a bias.
_PUBLISHED = {
    (768, False, False): "WAV2VEC2_ASR_BASE_960H",
    (1024, False, False): "WAV2VEC2_ASR_LARGE_960H",
    (1024, True, True): "WAV2VEC2_ASR_LARGE_LV60K_960H",
    (1024, True, False): "HUBERT_ASR_LARGE",
    (1280, True, False): "HUBERT_ASR_XLARGE",
}
_CONVOLUTION = "feature_extractor.conv_layers.1"
# What the convolutions look at for one answer; shorter speech is filled up with silence.
_SHORTEST_SAMPLES = 400
_WORD_BORDER = "|"


@dataclass(frozen=True)
class Listener:
    """A loaded model, and the characters that it answers; the first means none."""

    model: torch.nn.Module
    labels: tuple[str, ...]

    @torch.inference_mode()
    def hear(self, samples: Int16[np.ndarray, " t"]) -> Heard:
        sound = torch.from_numpy(from_int16(samples))
        sound = torch.nn.functional.pad(sound, (0, max(0, _SHORTEST_SAMPLES - len(sound))))
        scores = self.model(sound[None])[0][0].log_softmax(-1)
        best, classes = scores.max(-1)
        path = torch.unique_consecutive(classes).tolist()
        text = "".join(self.labels[number] for number in path if number).replace(_WORD_BORDER, " ")
        return Heard(text.strip().lower(), float(best.mean()))


class Engine:
    """The most probable character at each step; the confidence is the mean of their log-probabilities."""

    queries_per_process = None

    def __init__(self, asr: Asr) -> None:
        assert asr.model is not None, "params.yaml names a checkpoint for this engine"
        self.path = Path(asr.model)

    def files(self) -> list[Path]:
        return [self.path]

    def check(self) -> None:
        expected_file(
            self.path, "a checkpoint of torchaudio's, e.g. wav2vec2_fairseq_base_ls960_asr_ls960.pth"
        )
        self._bundle()

    @contextmanager
    def recogniser(self) -> Iterator[Listener]:
        # One thread: the workers are as many as the cores, and sums keep their order on any machine.
        torch.set_num_threads(1)
        bundle = self._bundle()
        where = {"model_dir": str(self.path.parent), "file_name": self.path.name}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                # The file is there, so nothing is fetched.
                model = bundle.get_model(dl_kwargs=where).eval()
            except (RuntimeError, KeyError) as error:
                raise self._refused(str(error)) from None
        yield Listener(model, tuple(bundle.get_labels()))

    def _bundle(self) -> Any:
        """The published model that the checkpoint is of."""
        try:
            weights = torch.load(self.path, map_location="cpu", weights_only=True, mmap=True)
            width = weights["encoder.transformer.layer_norm.weight"].shape[0]
        # Of a damaged file torch raises what its place suggests; nothing in it is run.
        except Exception as error:
            raise self._refused(str(error)) from None
        kind = (
            width, f"{_CONVOLUTION}.layer_norm.weight" in weights, f"{_CONVOLUTION}.conv.bias" in weights
        )  # fmt: skip
        if kind not in _PUBLISHED:
            raise self._refused(f"its encoder is {width} wide")
        return getattr(torchaudio.pipelines, _PUBLISHED[kind])

    def _refused(self, why: str) -> DataError:
        return DataError(
            f"asr.model: {self.path} is no checkpoint that torchaudio publishes for wav2vec 2.0 or HuBERT "
            f"({' '.join(why.split())[:200]}); download one of these"
        )

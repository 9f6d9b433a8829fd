"""The ``[training]`` section: how weights are changed, for how long, and what is kept."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from regard.settings.data import FilePath
from regard.settings.section import Conflict, Section, Text

Beta = Annotated[float, Field(ge=0, lt=1)]


class TrainingSettings(Section):
    """Optimisation, schedule, validation and saving."""

    seed: int = Field(1, ge=0, lt=2**63)
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d{1,3})?)$", examples=["auto", "cpu", "cuda", "cuda:1"])
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="of the computation (weights stay float32); 'auto' is bfloat16 where hardware has it"
    )
    threads: int | None = Field(None, ge=1, description="CPU threads of each process; all cores if not given")
    kernels: Literal["auto", "plain"] = Field(
        "auto", description="'auto': C++ compiled for this CPU, once, where there is a compiler; 'plain': PyTorch alone"
    )
    distribution: Literal["replicas", "shards"] = Field(
        "replicas", description="under torchrun: all weights in every process (DDP), or a part of each (FSDP2)"
    )

    init: FilePath | None = Field(
        None, description="a model, or a run's folder, to go on from: fine-tuning keeps its network and its subwords"
    )
    freeze: tuple[Text, ...] = Field(
        (),
        strict=False,
        examples=["encoder", "embeddings"],
        description="parts that stay as they are: embeddings, encoder, decoder, decoder.layers.0, or patterns with *",
    )
    lora_rank: int | None = Field(
        None, ge=1, le=4096, description="LoRA (Hu et al. 2021): train only changes of this rank, of some matrices"
    )
    lora_alpha: float = Field(16.0, gt=0, description="changes count lora_alpha / lora_rank times")
    lora_matrices: tuple[Text, ...] = Field(
        ("*.attention.*", "*.cross.*"), strict=False, min_length=1, description="which, named as in freeze"
    )

    max_minutes: float | None = Field(None, gt=0, description="turned into a step budget once, then kept")
    max_steps: int | None = Field(None, ge=1)
    max_epochs: int | None = Field(None, ge=1, description="passes over the training pairs")

    batch_tokens: int = Field(4096, ge=1, description="source + target tokens per batch")
    packed_width: int | None = Field(
        None, ge=1, description="short sentences share rows of up to so many tokens per side; one per row if not given"
    )
    accumulate: int = Field(1, ge=1, description="batches per update")
    optimizer: Literal["adamw", "muon"] = Field(
        "adamw", description="'muon': Muon (Jordan et al. 2024) for the matrices of layers, AdamW for all else"
    )
    muon_momentum: float = Field(0.95, ge=0, lt=1, description="of Muon")
    learning_rate: float = Field(1.5e-3, gt=0, description="the highest rate of the schedule")
    schedule: Literal["linear", "inverse_sqrt", "cosine", "constant"] = "linear"
    warmup_steps: int = Field(400, ge=0, description="updates during which the rate rises linearly from 0")
    betas: tuple[Beta, Beta] = Field((0.9, 0.98), strict=False, description="of Adam, each from 0 to below 1")
    epsilon: float = Field(1e-9, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    clip_norm: float | None = Field(1.0, gt=0, description="gradients are scaled down to this norm")
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    target_word_dropout: float = Field(
        0.0, ge=0, lt=1, description="how often a piece the decoder reads is replaced by UNK (Bowman et al. 2016)"
    )
    consistency: float = Field(
        0.0,
        ge=0,
        le=100,
        description="R-Drop (Liang et al. 2021): batches are read twice, with other dropout, in twice the time; how "
        "much it counts that both readings agree (the paper's alpha; 5 is usual)",
    )
    consistency_from: float = Field(0.0, ge=0, lt=1, description="the share of the run after which R-Drop begins")

    ema_decay: float | None = Field(0.999, gt=0, lt=1, description="exponential moving average of the weights")
    average_checkpoints: int = Field(
        0, ge=0, description="at the end, also try the mean of the last N validated checkpoints"
    )

    validate_every: int | None = Field(None, ge=1, description="updates between validations; else about ten a run")
    valid_metric: Literal["bleu", "chrf", "loss"] = Field("bleu", description="chooses the best checkpoint")
    valid_sentences: int = Field(1000, ge=1, description="validation sentences translated each time, at most")
    patience: int | None = Field(None, ge=1, description="stop after so many validations without a new best")
    keep_checkpoints: int = Field(2, ge=2, description="so many of the latest checkpoints stay on disk")
    save_minutes: float = Field(10.0, ge=0, description="a checkpoint at least so often, besides those of validations")
    log_every: int = Field(20, ge=1, description="updates between lines of the log")
    tensorboard: bool = Field(False, description="also write TensorBoard events (extra 'logs')")

    def conflicts(self) -> Iterator[Conflict]:
        """What no process could do with a part of a weight alone, and what LoRA needs or leaves nothing to do for."""
        if self.distribution == "shards" and self.optimizer == "muon":
            yield Conflict(
                ("distribution", "optimizer"),
                "optimizer = 'muon' changes whole matrices, but with distribution = 'shards' each process has a part "
                "of them; use 'adamw', or 'replicas'",
            )
        if self.lora_rank is not None and self.init is None:
            yield Conflict(
                ("lora_rank", "init"), "lora_rank changes a trained model a little, so it needs one: give init (--init)"
            )
        if self.lora_rank is not None and self.optimizer == "muon":
            yield Conflict(("lora_rank", "optimizer"), "narrow matrices are trained with AdamW; leave optimizer out")
        if self.lora_rank is not None and self.freeze:
            yield Conflict(("lora_rank", "freeze"), "with lora_rank everything else stays as it is; leave freeze out")

    def without_effect(self) -> Iterator[str]:
        """What was changed and means nothing without something else, and what that is.

        No conflict, for a model that was trained with it can be read and translates all the same; but whoever asks for
        it should not get another training than the one that was meant.
        """
        needs = (
            (("lora_alpha", "lora_matrices"), self.lora_rank is not None, "LoRA: give training.lora_rank too"),
            (("muon_momentum",), self.optimizer == "muon", "Muon: give training.optimizer = 'muon' too"),
            (("consistency_from",), self.consistency > 0, "R-Drop: give training.consistency too"),
        )
        for names, is_met, needed in needs:
            changed = [f"training.{name}" for name in names if not is_met and self._is_changed(name)]
            if changed:
                mean, them = ("means", "it") if len(changed) == 1 else ("mean", "them")
                yield f"{', '.join(changed)} {mean} nothing without {needed}, or leave {them} out"

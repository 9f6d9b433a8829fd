"""Somebody's attention, ready to be asked: ``(inputs, allowed) → output``, in a number type of our choice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from regard.attention.diagnosis.copies import copy_of
from regard.errors import ShapeError

Weights = Tensor | Sequence[Tensor | None] | None
Forward = Callable[[Tensor, Tensor], Tensor | tuple[Tensor, Weights]]
MaskKind = Literal["any", "padding", "causal"]


class AdapterError(Exception):
    """The adapter, somebody else's code, raised something; the message says what."""


@final
@dataclass(frozen=True, eq=False)
class Subject:
    """What is examined, and how it is to be asked. A module is a copy of the caller's, who keeps theirs untouched.

    Attributes:
        forward: the adapter.
        model_dim: features of an input vector.
        masks: which masks the adapter can honour.
        dtype: what it computes in.
        inverted: whether it is handed the opposite of what is allowed, because its True hides.
        seed: of the made-up sentences.
    """

    forward: Forward
    model_dim: int
    masks: MaskKind
    dtype: torch.dtype
    inverted: bool = False
    seed: int = 0

    @property
    def is_module(self) -> bool:
        """Whether it has weights and modes that copies of it can change."""
        return isinstance(self.forward, nn.Module)

    def __call__(
        self, inputs: Float[Tensor, "batch position model"], allowed: Bool[Tensor, "batch 1 query key"]
    ) -> Float[Tensor, "batch query features"]:
        """The output.

        Raises:
            ShapeError: the output does not have a vector per sentence and query.
        """
        return self.both(inputs, allowed)[0]

    def both(self, inputs: Tensor, allowed: Tensor) -> tuple[Tensor, object]:
        """The output, and what the adapter returns as its weights, or None.

        Raises:
            AdapterError: the adapter raised something.
            ShapeError: the output does not have a vector per sentence and query.
        """
        found = self._answer(inputs, self._opposite(allowed) if self.inverted else allowed)
        output, weights = found if isinstance(found, tuple) and len(found) == 2 else (found, None)
        expected = (inputs.shape[0], allowed.shape[2])
        if not isinstance(output, Tensor) or output.ndim != 3 or tuple(output.shape[:2]) != expected:
            shape = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
            raise ShapeError(
                f"forward must return (batch, query, features) = {(*expected, '…')} for inputs "
                f"{tuple(inputs.shape)} and allowed {tuple(allowed.shape)}, but returned {shape}; "
                "let the adapter bring its output into this form"
            )
        return output, weights

    def _opposite(self, allowed: Tensor) -> Tensor:
        """Hides what may be seen and shows the rest, as far as the kind of masks goes: the future stays hidden."""
        if self.masks != "causal":
            return ~allowed
        num_queries, num_keys = allowed.shape[-2:]
        past = torch.ones(num_queries, num_keys, dtype=torch.bool).tril(num_keys - num_queries)
        return ~allowed.any(-2, keepdim=True) & past

    def _answer(self, inputs: Tensor, allowed: Tensor) -> object:
        try:
            return self.forward(inputs, allowed)
        except Exception as error:
            raise AdapterError(f"{type(error).__name__}: {error}") from error

    def inputs(self, batch: int, length: int, *, scale: float = 1.0) -> Float[Tensor, "batch position model"]:
        """Made-up sentences, the same for every call with the same shape."""
        generator = torch.Generator().manual_seed(self.seed)
        drawn = torch.randn(batch, length, self.model_dim, generator=generator, dtype=torch.float64)
        return (drawn * scale).to(self.dtype)

    def in_dtype(self, dtype: torch.dtype) -> "Subject":
        """The same, computing in another type."""
        if isinstance(self.forward, nn.Module):
            return replace(self, forward=copy_of(self.forward).to(dtype), dtype=dtype)
        return replace(self, dtype=dtype)

    def upside_down(self) -> "Subject":
        """The same, handed the opposite of each mask."""
        return replace(self, inverted=not self.inverted)


def subject_of(
    forward: Forward, *, model_dim: int, masks: MaskKind, seed: int, dtype: torch.dtype | None = None
) -> Subject:
    """A subject that computes in ``dtype``; if none is given in float64, or in float32 if it cannot.

    Raises:
        ShapeError: it does not answer at all, or not in the form of an adapter.
        InputError: it is a module of which no copy can be made.
    """
    if isinstance(forward, nn.Module):
        forward = copy_of(forward).eval()
    subject = Subject(forward, model_dim, masks, torch.float32, seed=seed)
    if dtype is None:
        try:
            exact = subject.in_dtype(torch.float64)
            _try(exact)
            return exact
        except AdapterError:
            pass
    asked = subject if dtype is None else subject.in_dtype(dtype)
    _first_answer(asked)
    return asked


def _try(subject: Subject) -> None:
    inputs = subject.inputs(2, 5)
    allowed = torch.ones(2, 1, 5, 5, dtype=torch.bool)
    with torch.no_grad():
        subject(inputs, allowed if subject.masks != "causal" else allowed.tril())


def _first_answer(subject: Subject) -> None:
    try:
        _try(subject)
    except AdapterError as error:
        raise ShapeError(
            f"forward raised {error}; it is called with inputs (2, 5, {subject.model_dim}) of numbers and "
            "allowed (2, 1, 5, 5) of True = may look, and must accept these"
        ) from error

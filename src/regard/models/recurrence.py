"""Recurrent cells over whole sequences: LSTM (Hochreiter & Schmidhuber 1997) and GRU (Cho et al. 2014).

What does not depend on the previous step is taken out of the loop: the products of the inputs before it, the gradient
of the recurrent weights after it, each as one large product. What stays inside is one small product per step. On a CPU
with fast bfloat16 products this is quicker than PyTorch's own kernels, and it computes in the type of its input; the
state that is carried along is float32 at least, or 200 steps of rounding would add up.

Both cells have the same signature, and neither looks ahead: padding *behind* a sentence cannot reach it.
"""

from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from regard.models.layers import Linear

CellState = tuple[Tensor, ...]
"""What a cell carries from one step to the next, each (batch, features): LSTM (output, cell), GRU (output,)."""


def _carried(like: Tensor) -> torch.dtype:
    return torch.promote_types(like.dtype, torch.float32)


class Recurrence(nn.Module):
    """One recurrent layer, left to right."""

    gates: int
    """How many sets of features the cell computes per step."""
    num_states: int
    """How many tensors its state has."""

    def __init__(self, input_dim: int, state_dim: int) -> None:
        super().__init__()
        self.state_dim = state_dim
        self.project = Linear(input_dim, self.gates * state_dim)
        self.recur = nn.Parameter(torch.empty(self.gates * state_dim, state_dim))
        for gate in self.recur.detach().chunk(self.gates):
            nn.init.orthogonal_(gate)

    def nothing(self, batch: int, *, like: Tensor) -> CellState:
        """The state before the first step, all zeros."""
        zeros = torch.zeros(batch, self.state_dim, dtype=_carried(like), device=like.device)
        return (zeros,) * self.num_states

    def forward(
        self, vectors: Float[Tensor, "batch position input"], start: CellState
    ) -> tuple[Float[Tensor, "batch position features"], CellState]:
        """Runs over all positions; also what the state was after each of them, (batch, position, features)."""
        projected = self.project(vectors).transpose(0, 1).contiguous()
        outputs, states = self._run(projected, start, self.recur.to(vectors.dtype))
        return outputs.transpose(0, 1), tuple(state.transpose(0, 1) for state in states)

    def _run(self, projected: Tensor, start: CellState, weight: Tensor) -> tuple[Tensor, CellState]:
        raise NotImplementedError


@final
class LongShortTermMemory(Recurrence):
    """An LSTM. Its forget gates start open (bias 1, Jozefowicz et al. 2015)."""

    gates = 4
    num_states = 2

    def __init__(self, input_dim: int, state_dim: int) -> None:
        super().__init__(input_dim, state_dim)
        assert self.project.bias is not None
        nn.init.ones_(self.project.bias.detach()[state_dim : 2 * state_dim])

    def _run(self, projected: Tensor, start: CellState, weight: Tensor) -> tuple[Tensor, CellState]:
        outputs, cells = _LstmLoop.apply(projected, *start, weight)  # type: ignore[no-untyped-call]
        return outputs, (outputs, cells)


@final
class GatedRecurrentUnit(Recurrence):
    """A GRU whose reset gate acts after the recurrent product, as in cuDNN, so that one product serves all gates."""

    gates = 3
    num_states = 1

    def __init__(self, input_dim: int, state_dim: int) -> None:
        super().__init__(input_dim, state_dim)
        self.recur_bias = nn.Parameter(torch.zeros(state_dim))

    def _run(self, projected: Tensor, start: CellState, weight: Tensor) -> tuple[Tensor, CellState]:
        states = _GruLoop.apply(projected, *start, weight, self.recur_bias.to(projected.dtype))  # type: ignore[no-untyped-call]
        return states.to(projected.dtype), (states,)


@final
class _LstmLoop(Function):
    """Gates in the order input, forget, output, candidate. Everything is (position, batch, features)."""

    @staticmethod
    def forward(ctx: Any, projected: Tensor, output: Tensor, cell: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        gates, outputs, cells = torch.empty_like(projected), [output.to(projected.dtype)], [cell]
        size = weight.shape[1]
        for step, pre in enumerate(projected):
            gate = torch.addmm(pre, outputs[-1], weight.t(), out=gates[step])
            gate[:, : 3 * size].sigmoid_()
            gate[:, 3 * size :].tanh_()
            let_in, keep, show, candidate = gate.chunk(4, dim=1)
            cells.append(torch.addcmul(keep * cells[-1], let_in, candidate))
            outputs.append(show * cells[-1].tanh().to(show.dtype))
        hidden, carried = torch.stack(outputs), torch.stack(cells)
        ctx.save_for_backward(gates, hidden, carried, weight)
        ctx.output_type = output.dtype
        return hidden[1:], carried[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_hidden: Tensor, d_carried: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        gates, hidden, carried, weight = ctx.saved_tensors
        d_gates = torch.empty_like(gates)
        d_output, d_cell = torch.zeros_like(hidden[0]), torch.zeros_like(carried[0])
        for step in range(len(gates) - 1, -1, -1):
            let_in, keep, show, candidate = gates[step].chunk(4, dim=1)
            squashed = carried[step + 1].tanh()
            d_output = d_output + d_hidden[step]
            d_cell = d_cell + d_carried[step] + d_output * show * (1 - squashed * squashed)
            into_input, into_forget, into_output, into_candidate = d_gates[step].chunk(4, dim=1)
            into_input.copy_(d_cell * candidate * let_in * (1 - let_in))
            into_forget.copy_(d_cell * carried[step] * keep * (1 - keep))
            into_output.copy_(d_output * squashed * show * (1 - show))
            into_candidate.copy_(d_cell * let_in * (1 - candidate * candidate))
            d_cell = d_cell * keep
            d_output = d_gates[step] @ weight
        d_weight = d_gates.flatten(0, 1).t() @ hidden[:-1].flatten(0, 1)
        return d_gates, d_output.to(ctx.output_type), d_cell, d_weight


@final
class _GruLoop(Function):
    """Gates in the order reset, update, candidate. Everything is (position, batch, features)."""

    @staticmethod
    def forward(ctx: Any, projected: Tensor, state: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        size, kind = weight.shape[1], projected.dtype
        states, gates = [state], torch.empty_like(projected)
        recurrent = torch.empty(len(projected), *state.shape, dtype=kind, device=state.device)
        for step, pre in enumerate(projected):
            product = states[-1].to(kind) @ weight.t()
            both = torch.add(pre[:, : 2 * size], product[:, : 2 * size], out=gates[step, :, : 2 * size]).sigmoid_()
            reset, update = both.chunk(2, dim=1)
            inner = torch.add(product[:, 2 * size :], bias, out=recurrent[step])
            candidate = gates[step, :, 2 * size :]
            torch.addcmul(pre[:, 2 * size :], reset, inner, out=candidate).tanh_()
            states.append(torch.lerp(candidate.to(state.dtype), states[-1], update.to(state.dtype)))
        carried = torch.stack(states)
        ctx.save_for_backward(gates, recurrent, carried, weight)
        return carried[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        gates, recurrent, carried, weight = ctx.saved_tensors
        size = weight.shape[1]
        d_gates, d_products = torch.empty_like(gates), torch.empty_like(gates)
        d_state = torch.zeros_like(carried[0])
        for step in range(len(gates) - 1, -1, -1):
            reset, update, candidate = gates[step].chunk(3, dim=1)
            d_state = d_state + d_states[step]
            d_candidate = d_state * (1 - update) * (1 - candidate * candidate)
            d_gates[step, :, 2 * size :] = d_candidate
            d_gates[step, :, :size] = d_candidate * recurrent[step] * reset * (1 - reset)
            d_gates[step, :, size : 2 * size] = d_state * (carried[step] - candidate) * update * (1 - update)
            d_products[step, :, : 2 * size] = d_gates[step, :, : 2 * size]
            d_products[step, :, 2 * size :] = d_candidate * reset
            d_state = d_state * update + d_products[step] @ weight
        flat = d_products.flatten(0, 1)
        d_weight = flat.t() @ carried[:-1].flatten(0, 1).to(flat.dtype)
        return d_gates, d_state, d_weight, flat[:, 2 * size :].sum(0)


CELLS: dict[str, type[Recurrence]] = {"gru": GatedRecurrentUnit, "lstm": LongShortTermMemory}

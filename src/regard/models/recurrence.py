"""Recurrent cells over whole sequences: LSTM (Hochreiter & Schmidhuber 1997) and GRU (Cho et al. 2014).

What does not depend on the previous step is taken out of the loop: the products of the inputs before it, the gradient
of the recurrent weights after it, each as one large product. What stays inside is one small product per step. On a CPU
with fast bfloat16 products this is quicker than PyTorch's own kernels, and it computes in the type of its input; the
state that is carried along is float32 at least, or 200 steps of rounding would add up.

Both cells have the same signature, and neither looks ahead: padding *behind* a sentence cannot reach it.
"""

from typing import Any, cast, final

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
        states = _GruLoop.apply(projected, *start, weight, self.recur_bias)  # type: ignore[no-untyped-call]
        return states.to(projected.dtype), (states,)


@final
class _LstmLoop(Function):
    """Gates in the order input, forget, output, candidate. Everything is (position, batch, features)."""

    @staticmethod
    def forward(ctx: Any, projected: Tensor, output: Tensor, cell: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        size, ahead = weight.shape[1], weight.t()
        gates = cell.new_empty(projected.shape)
        hidden = projected.new_empty(len(projected) + 1, *output.shape)
        carried = cell.new_empty(hidden.shape)
        hidden[0], carried[0] = output, cell
        for step, pre in enumerate(projected):
            gate = gates[step].copy_(torch.addmm(pre, hidden[step], ahead))
            gate[:, : 3 * size].sigmoid_()
            gate[:, 3 * size :].tanh_()
            let_in, keep, show, candidate = gate.chunk(4, dim=1)
            torch.mul(keep, carried[step], out=carried[step + 1]).addcmul_(let_in, candidate)
            hidden[step + 1] = carried[step + 1].tanh().mul_(show)
        ctx.save_for_backward(gates, hidden, carried, weight)
        ctx.set_materialize_grads(False)
        ctx.output_type = output.dtype
        return hidden[1:], carried[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_hidden: Tensor | None, d_carried: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        gates, hidden, carried, weight = ctx.saved_tensors
        d_gates, d_gate = hidden.new_empty(gates.shape), gates.new_empty(gates.shape[1:])
        into_input, into_forget, into_output, into_candidate = d_gate.chunk(4, dim=1)
        d_output, d_cell = torch.zeros_like(carried[0]), torch.zeros_like(carried[0])
        for step in range(len(gates) - 1, -1, -1):
            let_in, keep, show, candidate = gates[step].chunk(4, dim=1)
            squashed = carried[step + 1].tanh()
            if d_hidden is not None:
                d_output += d_hidden[step]
            if d_carried is not None:
                d_cell += d_carried[step]
            d_cell += _through_tanh(d_output * show, squashed)
            _through_sigmoid(d_output.mul_(squashed), show, into_output)
            _through_sigmoid(d_cell * candidate, let_in, into_input)
            _through_sigmoid(d_cell * carried[step], keep, into_forget)
            _through_tanh(d_cell * let_in, candidate, into_candidate)
            d_cell.mul_(keep)
            d_output.copy_(d_gates[step].copy_(d_gate) @ weight)
        d_weight = d_gates.flatten(0, 1).t() @ hidden[:-1].flatten(0, 1)
        return d_gates, d_output.to(ctx.output_type), d_cell, d_weight


@final
class _GruLoop(Function):
    """Gates in the order reset, update, candidate. Everything is (position, batch, features)."""

    @staticmethod
    def forward(ctx: Any, projected: Tensor, state: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        size, ahead, kind = weight.shape[1], weight.t(), projected.dtype
        gates = state.new_empty(projected.shape)
        recurrent = state.new_empty(len(projected), *state.shape)
        carried = state.new_empty(len(projected) + 1, *state.shape)
        carried[0] = state
        for step, pre in enumerate(projected):
            product = (carried[step].to(kind) @ ahead).to(state.dtype)
            gate = gates[step].copy_(pre)
            reset, update = gate[:, : 2 * size].add_(product[:, : 2 * size]).sigmoid_().chunk(2, dim=1)
            inner = torch.add(product[:, 2 * size :], bias, out=recurrent[step])
            candidate = gate[:, 2 * size :].addcmul_(reset, inner).tanh_()
            torch.lerp(candidate, carried[step], update, out=carried[step + 1])
        ctx.save_for_backward(gates, recurrent, carried, weight)
        ctx.bias_type = bias.dtype
        return carried[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        gates, recurrent, carried, weight = ctx.saved_tensors
        size = weight.shape[1]
        # Projections and recurrent products reach the gates alike, but for the candidate: there, reset stands between.
        d_gates, d_products = (torch.empty_like(gates, dtype=weight.dtype) for _ in range(2))
        d_gate, d_state = gates.new_empty(gates.shape[1:]), torch.zeros_like(carried[0])
        into_reset, into_update, into_candidate = d_gate.chunk(3, dim=1)
        for step in range(len(gates) - 1, -1, -1):
            reset, update, candidate = gates[step].chunk(3, dim=1)
            d_state += d_states[step]
            _through_tanh(torch.addcmul(d_state, d_state, update, value=-1), candidate, into_candidate)
            _through_sigmoid(into_candidate * recurrent[step], reset, into_reset)
            _through_sigmoid((carried[step] - candidate).mul_(d_state), update, into_update)
            d_gates[step] = d_gate
            into_candidate.mul_(reset)
            d_state.mul_(update).add_(d_products[step].copy_(d_gate) @ weight)
        flat = d_products.flatten(0, 1)
        d_weight = flat.t() @ carried[:-1].flatten(0, 1).to(flat.dtype)
        return d_gates, d_state, d_weight, flat[:, 2 * size :].sum(0).to(ctx.bias_type)


def _through_sigmoid(gradient: Tensor, outcome: Tensor, into: Tensor) -> None:
    torch.ops.aten.sigmoid_backward.grad_input(gradient, outcome, grad_input=into)


def _through_tanh(gradient: Tensor, outcome: Tensor, into: Tensor | None = None) -> Tensor:
    into = gradient if into is None else into
    return cast(Tensor, torch.ops.aten.tanh_backward.grad_input(gradient, outcome, grad_input=into))


CELLS: dict[str, type[Recurrence]] = {"gru": GatedRecurrentUnit, "lstm": LongShortTermMemory}

"""Several processes, started by ``torchrun``: whole copies of the weights in each (DDP), or a part in each (FSDP2)."""

import copy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import torch
import torch.distributed as distributed
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor, distribute_tensor

from regard.errors import MachineError, SettingsError, is_out_of_memory
from regard.models import AnyModel, Transformer
from regard.training.processes import Processes

_BUCKET_BYTES: Final = 25 << 20


class Replicas(Processes):
    """Each process has all weights; gradients are summed after the backward pass (distributed data parallel)."""

    def __init__(self) -> None:
        self.rank = distributed.get_rank()
        self.size = distributed.get_world_size()

    def network(self, model: AnyModel) -> AnyModel:
        """The model itself: all processes began with the same seed."""
        return model

    def sum_gradients(self, network: nn.Module) -> None:
        """All-reduces the gradients, many at a time."""
        gradients = [_gradient(weight) for weight in network.parameters() if weight.requires_grad]
        with _reaching_others():
            self._sum_in_place(gradients)

    def _sum_in_place(self, gradients: Sequence[Tensor]) -> None:
        under_way = []
        for bucket in _buckets(gradients):
            flat = torch.cat([gradient.reshape(-1) for gradient in bucket])
            under_way.append((bucket, flat, distributed.all_reduce(flat, async_op=True)))
        for bucket, flat, work in under_way:
            work.wait()
            for gradient, summed in zip(bucket, torch.split(flat, [one.numel() for one in bucket]), strict=True):
                gradient.copy_(summed.view_as(gradient))

    def sum(self, values: Sequence[float]) -> list[float]:
        """All-reduces some numbers in float64, on the host."""
        numbers = torch.tensor(list(values), dtype=torch.float64)
        with _reaching_others():
            distributed.all_reduce(numbers)
        summed: list[float] = numbers.tolist()
        return summed

    def whole(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors: they are whole."""
        return dict(tensors)

    def own(self, whole: Tensor, like: Tensor) -> Tensor:
        """All of it."""
        return whole

    def wait(self) -> None:
        """Waits for the others."""
        self.sum([0.0])


class Shards(Replicas):
    """Each process has a part of every weight, gradient and moment (fully sharded data parallel, Zhao et al. 2023).

    Layers are put together when they are needed and forgotten afterwards. The plain network stays in the first process,
    which validates and publishes it.
    """

    can_retry = False

    def network(self, model: AnyModel) -> AnyModel:
        """A twin of the model whose layers are distributed.

        Raises:
            SettingsError: the model is no Transformer.
        """
        if not isinstance(model, Transformer):
            raise SettingsError(
                "training.distribution = 'shards' distributes the layers of a Transformer; train a recurrent model "
                "with 'replicas'"
            )
        if model.settings.decoder_layer_drop:
            raise SettingsError(
                "model.decoder_layer_drop leaves out other layers in each process, so their parts cannot be put "
                "together by training.distribution = 'shards'; set one of them back"
            )
        # It warns of changing outputs of layers in place, which only the loss does, to what it was given for that: the
        # gradients are compared in tests.
        warnings.filterwarnings("ignore", message="FSDP2-wrapped module")
        device = next(model.parameters()).device
        mesh = init_device_mesh(device.type, (self.size,))
        twin = copy.deepcopy(model)
        if not self.is_first:
            model.to("meta")
        for layer in twin.encoder:
            fully_shard(layer, mesh=mesh)
        for layer in twin.decoder:
            if (cross := getattr(layer, "cross", None)) is not None:  # asked for its keys before its layer is
                fully_shard(cross, mesh=mesh)
                register_fsdp_forward_method(cross, "remember")
            fully_shard(layer, mesh=mesh)
        fully_shard(twin, mesh=mesh)
        register_fsdp_forward_method(twin, "features")
        for module in twin.modules():
            if isinstance(module, FSDPModule):
                module.set_gradient_divide_factor(1.0)  # sums, as the loss is already divided by the tokens of all
                module.set_force_sum_reduction_for_comms(True)  # gloo cannot scale while it sums
        return twin

    def sum_gradients(self, network: nn.Module) -> None:
        """Done in the backward pass."""

    def whole(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Gathers what is distributed."""
        return {name: one.full_tensor() if isinstance(one, DTensor) else one for name, one in tensors.items()}

    def own(self, whole: Tensor, like: Tensor) -> Tensor:
        """This process's part."""
        if not isinstance(like, DTensor):
            return whole
        moved = whole.to(like.device)
        return distribute_tensor(moved, like.device_mesh, like.placements, src_data_rank=None)


@contextmanager
def _reaching_others() -> Iterator[None]:
    """Says what it means when a message does not arrive.

    Raises:
        MachineError: another process has ended, or cannot be reached.
    """
    try:
        yield
    except RuntimeError as error:
        if is_out_of_memory(error):  # of this process
            raise
        raise MachineError(
            f"another process of this training has ended or cannot be reached ({str(error).splitlines()[0]:.200}). "
            "torchrun --max-restarts 3 starts all of them again, from the last checkpoint"
        ) from error


def _gradient(weight: nn.Parameter) -> Tensor:
    """The gradient of a weight; zeros where this process had none, since others may have."""
    if weight.grad is None:
        weight.grad = torch.zeros_like(weight)
    return weight.grad


def _buckets(tensors: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """Neighbours of one type, about as many as make 25 MB: few messages, and the next is packed while one travels."""
    bucket: list[Tensor] = []
    size = 0
    for tensor in tensors:
        if bucket and (size >= _BUCKET_BYTES or tensor.dtype != bucket[0].dtype):
            yield bucket
            bucket, size = [], 0
        bucket.append(tensor)
        size += tensor.numel() * tensor.element_size()
    if bucket:
        yield bucket

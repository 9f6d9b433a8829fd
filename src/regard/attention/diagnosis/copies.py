"""Copies of somebody's module: what is examined is never the caller's own."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from regard.errors import InputError

_Module = TypeVar("_Module", bound=nn.Module)


def copy_of(module: _Module) -> _Module:
    """A copy of a module and of all it holds, also of results that it keeps of an earlier pass, such as its weights.

    Raises:
        InputError: the module holds something that cannot be copied.
    """
    try:
        with _OutOfTheGraph():
            return copy.deepcopy(module)
    except Exception as error:
        raise InputError(
            f"no copy can be made of {type(module).__name__}: {type(error).__name__}: {error}; "
            "pass a function that calls it, which is examined as it is"
        ) from error


class _OutOfTheGraph(TorchFunctionMode):
    """PyTorch refuses to copy what belongs to a graph of gradients; here the copy is its numbers, without the graph."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if function is Tensor.__deepcopy__ and not args[0].is_leaf:
            return args[0].detach().clone()
        return function(*args, **(kwargs or {}))

"""The mean of a run's last validated checkpoints, which may be better than each of them."""

from collections.abc import Callable, Sequence

from torch import Tensor

from regard.errors import BundleError
from regard.models import AnyModel
from regard.models.lora import absorbed
from regard.runs.folder import RunFolder
from regard.training import load_state, mean_of
from regard.training.state import part_of


def mean_of_checkpoints(
    folder: RunFolder, steps: Sequence[int], model: AnyModel, *, tell: Callable[[str], None]
) -> tuple[dict[str, Tensor], int] | None:
    """The mean of the networks after these updates, by the model's names, and of how many it is.

    A checkpoint that is damaged is left out, and ``tell`` is told; of fewer than two there is no mean. Low-rank changes
    are averaged as what they add to the weights: a product of means is not the mean of products.
    """
    found = folder.by_step()
    networks = []
    for step in steps:
        if step in found:
            try:
                networks.append(absorbed(model, part_of(load_state(found[step])[1], "weights")))
            except BundleError as error:
                tell(f"{error}; it is left out of the mean")
    return (mean_of(networks), len(networks)) if len(networks) > 1 else None

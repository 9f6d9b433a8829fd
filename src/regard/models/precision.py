"""What a trained network computes in, and its layers made ready for it."""

from regard.models.interface import AnyModel
from regard.models.layers import Embedding, Linear
from regard.models.products import Numbers, product_of, type_of


def compute_in(model: AnyModel, numbers: Numbers) -> None:
    """Readies a trained network for translating, on the device it is on; its weights must not change any more.

    ``int8`` is for the CPU. The network stays what it is: the same modules, the same attention.
    """
    on_cpu = next(model.parameters()).device.type == "cpu"
    for module in model.modules():
        if isinstance(module, Linear | Embedding):
            bias = module.bias if isinstance(module, Linear) else None
            module.product = product_of(module.weight, bias, numbers) if on_cpu else None
    model.to(type_of(numbers))
    model.numbers = numbers

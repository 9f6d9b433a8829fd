"""JoeyNMT's data set, sampler, model, loss, optimizer and clipper, in the order its ``TrainManager`` calls them."""

import logging
from types import SimpleNamespace
from typing import Any

from joeynmt.builders import build_gradient_clipper, build_optimizer
from joeynmt.data import load_data
from joeynmt.model import Model, build_model
from torch import nn
from worker import (
    BOS,
    CELLS_PER_UPDATE,
    CLIP_NORM,
    EOS,
    LEARNING_RATE,
    SMOOTHING,
    Seen,
    Shape,
    Task,
    asked,
    autocast,
    measure,
)


def data_settings(task: Task) -> dict[str, Any]:
    """Text files whose words are our pieces. Its own control tokens have ids 0 to 3."""
    side = {"voc_file": str(task.folder / "vocabulary.txt"), "level": "word", "tokenizer_type": "none"}
    symbols = SimpleNamespace(
        unk_id=0, unk_token="<unk>", pad_id=1, pad_token="<pad>", bos_id=BOS, bos_token="<s>",
        eos_id=EOS, eos_token="</s>", sep_id=None, sep_token=None, lang_tags=[],
    )  # fmt: skip
    return {
        "train": str(task.folder / "train"),
        "dataset_type": "plain",
        "src": {"lang": "source", **side},
        "trg": {"lang": "target", **side},
        "special_symbols": symbols,
    }


def model_settings(shape: Shape) -> dict[str, Any]:
    """Pre-norm, everything tied."""
    stack = {
        "type": "transformer", "num_layers": shape.layers, "num_heads": shape.num_heads,
        "embeddings": {"embedding_dim": shape.model_dim, "scale": True, "dropout": shape.dropout},
        "hidden_size": shape.model_dim, "ff_size": shape.feedforward_dim, "dropout": shape.dropout,
        "layer_norm": "pre", "activation": "relu",
    }  # fmt: skip
    return {"encoder": stack, "decoder": dict(stack), "tied_embeddings": True, "tied_softmax": True,
            "initializer": "xavier_uniform", "embed_initializer": "xavier_uniform"}  # fmt: skip


def without_inner_dropout(model: Model) -> Model:
    """Attention weights and hidden features are not dropped, as in the other systems."""
    for module in model.modules():
        name = type(module).__name__
        if name == "MultiHeadedAttention":
            module.dropout.p = 0.0
        elif name == "PositionwiseFeedForward":
            first = next(part for part in module.pwff_layer if isinstance(part, nn.Dropout))
            first.p = 0.0
    return model


def main(task: Task) -> None:
    logging.disable(logging.WARNING)
    source, target, data, *_ = load_data(data_settings(task), datasets=["train"])
    model = without_inner_dropout(build_model(model_settings(task.shape), source, target))
    model.loss_function = ("crossentropy", SMOOTHING)
    settings = {"optimizer": "adamw", "learning_rate": LEARNING_RATE, "adam_betas": [0.9, 0.98],
                "weight_decay": 0.01, "clip_grad_norm": CLIP_NORM, "clip_grad_val": None}  # fmt: skip
    optimizer, clip = build_optimizer(settings, model.parameters()), build_gradient_clipper(settings)
    # It counts the longer side of each pair, so half of the budget of both sides.
    batches = iter(
        data.make_iter(CELLS_PER_UPDATE // 2, "token", seed=task.seed, shuffle=True, pad_index=1, eos_index=EOS)
    )

    def update() -> Seen:
        batch = next(batches)
        model.train()
        batch.sort_by_src_length()
        with autocast(task):
            loss, *_ = model(return_type="loss", **vars(batch))
        loss = batch.normalize(loss, normalization="tokens")
        loss.backward()
        clip(parameters=model.parameters())
        optimizer.step()
        model.zero_grad()
        real = int(batch.src_length.sum()) + batch.ntokens
        return Seen(real, batch.src.numel() + batch.trg.numel(), loss.item())

    measure(task, update, model=model, package="joeynmt")


if __name__ == "__main__":
    main(asked())

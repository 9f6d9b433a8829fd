"""eole's configuration, data iterator, model, optimizer and trainer; one call of the trainer is one update."""

import logging
from typing import Any

from eole.config.run import TrainConfig
from eole.constants import CorpusTask
from eole.inputters.dynamic_iterator import build_dynamic_dataset_iter
from eole.models.model import get_model_class
from eole.modules.transformer_mlp import MLP
from eole.train_single import TrainingInitializer, configure_process
from eole.trainer import build_trainer
from eole.utils import Statistics
from eole.utils.optimizers import Optimizer
from worker import CELLS_PER_UPDATE, CLIP_NORM, LEARNING_RATE, SMOOTHING, Seen, Task, asked, measure


def settings_of(task: Task) -> dict[str, Any]:
    """Text files whose words are our pieces; a shared vocabulary; everything tied."""
    shape = task.shape
    return {
        "seed": task.seed,
        "src_vocab": str(task.folder / "vocabulary.txt"),
        "share_vocab": True,
        "data": {
            "train": {
                "path_src": str(task.folder / "train.source"),
                "path_tgt": str(task.folder / "train.target"),
                "transforms": [],
            }
        },
        "model": {
            "architecture": "transformer", "hidden_size": shape.model_dim, "heads": shape.num_heads,
            "transformer_ff": shape.feedforward_dim, "layers": shape.layers, "add_qkvbias": True, "add_ffnbias": True,
            "share_embeddings": True, "share_decoder_embeddings": True,
            "embeddings": {"word_vec_size": shape.model_dim, "position_encoding": True},
        },
        "training": {
            "gpu_ranks": [], "world_size": 1, "num_workers": 0, "bucket_size": 29000,
            # It counts the longer side of each pair, so half of the budget of both sides.
            "batch_type": "tokens", "batch_size": CELLS_PER_UPDATE // 2, "normalization": "tokens",
            "optim": "adamw", "learning_rate": LEARNING_RATE, "decay_method": "none", "adam_beta2": 0.98,
            "weight_decay": 0.01, "max_grad_norm": CLIP_NORM, "label_smoothing": SMOOTHING, "use_amp": task.bf16,
            "compute_dtype": "bf16" if task.bf16 else "fp32", "dropout": [shape.dropout], "attention_dropout": [0.0],
            "train_steps": 10**6, "model_path": str(task.folder / "eole-model"),
        },
    }  # fmt: skip


def main(task: Task) -> None:
    config = TrainConfig(**settings_of(task))
    configure_process(config, -1)
    context = TrainingInitializer(config).initialize()
    config = context.config
    model = get_model_class(config.model).for_training(config.model, context.vocabs, config.training, device_id=-1)
    for module in model.modules():
        if isinstance(module, MLP):
            module.dropout_1.p = 0.0  # hidden features are not dropped in the other systems
    optimizer = Optimizer.from_config(model, config)
    trainer = build_trainer(config, -1, model, context.vocabs, optimizer)
    data = build_dynamic_dataset_iter(
        config, context.transforms, context.vocabs, task=CorpusTask.TRAIN, stride=1, offset=0, device_id=-1
    )
    batches = trainer._accum_batches(data)

    def update() -> Seen:
        taken, normalization = next(batches)
        statistics = Statistics()
        trainer._train_step(taken, normalization, Statistics(), statistics, step=optimizer.training_step)
        (batch,) = taken
        # Pieces and an EOS on both sides, as elsewhere: its sources go without EOS, its targets begin with BOS.
        real = int(batch["srclen"].sum() + batch["tgtlen"].sum())
        cells = batch["src"].numel() + len(batch["src"]) + batch["tgt"][:, 1:].numel()
        return Seen(real, cells, statistics.loss / statistics.n_tokens)

    measure(task, update, model=model, package="eole")


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    main(asked())

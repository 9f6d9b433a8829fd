"""``transformers.MarianMTModel`` in a plain loop, with batches by length."""

from torch import Tensor
from torch.nn import functional
from transformers import MarianConfig, MarianMTModel
from worker import EOS, PAD, SMOOTHING, Pairs, Seen, Task, adamw, asked, autocast, measure, plain_update, rectangle


def model_of(task: Task, vocab_size: int) -> MarianMTModel:
    """The same network as the others', as far as Marian's can be: its norms come after the blocks."""
    shape = task.shape
    return MarianMTModel(
        MarianConfig(
            vocab_size=vocab_size, decoder_vocab_size=vocab_size, d_model=shape.model_dim,
            encoder_layers=shape.layers, decoder_layers=shape.layers,
            encoder_attention_heads=shape.num_heads, decoder_attention_heads=shape.num_heads,
            encoder_ffn_dim=shape.feedforward_dim, decoder_ffn_dim=shape.feedforward_dim,
            activation_function="relu", dropout=shape.dropout, attention_dropout=0.0, activation_dropout=0.0,
            max_position_embeddings=256, scale_embedding=True, use_cache=False,
            pad_token_id=PAD, eos_token_id=EOS, decoder_start_token_id=PAD, forced_eos_token_id=EOS,
        )
    )  # fmt: skip


def main(task: Task, pairs: Pairs) -> None:
    model = model_of(task, pairs.vocab_size)
    optimizer, batches = adamw(model), pairs.batches(task.seed)

    def update() -> Seen:
        sources, targets = next(batches)
        source = rectangle([[*row, EOS] for row in sources])
        labels = rectangle([[*row, EOS] for row in targets])
        inputs = model.prepare_decoder_input_ids_from_labels(labels)
        # Marian begins with PAD, so what is real must be said.
        mask, inputs_mask = (source != PAD).long(), (labels != PAD).long()

        def loss_of() -> Tensor:
            with autocast(task):
                logits = model(
                    input_ids=source, attention_mask=mask, decoder_input_ids=inputs, decoder_attention_mask=inputs_mask
                ).logits
                return functional.cross_entropy(
                    logits.flatten(0, 1), labels.flatten(), ignore_index=PAD, label_smoothing=SMOOTHING
                )

        loss = plain_update(model, loss_of, optimizer)
        return Seen(int(mask.sum() + inputs_mask.sum()), source.numel() + labels.numel(), loss)

    measure(task, update, model=model, package="transformers")


if __name__ == "__main__":
    asked_for = asked()
    main(asked_for, asked_for.pairs)

"""Our Transformer as two ONNX graphs: the encoder, and one step of the decoder with its past in and out.

Rows of several lengths share a rectangle, padding behind them; keys and values of all layers are one tensor of
(layer, keys or values, row, head, position, features), so that a loop has one thing to remember and one to reorder.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Final, final

import numpy as np

from regard.convert.onnx_graph import Graph, Shape
from regard.convert.original import Original
from regard.positions.sinusoidal import BASE
from regard.text.control import PAD

_MEMORY: Final = "source_position"

Block = Callable[[str], str]
"""Writes what stands inside a residual: the name of its input becomes the name of its output."""


def write_encoder(original: Original, path: Path) -> None:
    """``source`` ids become ``memory``, the keys and values that the decoder's layers look at."""
    graph = Graph("encoder")
    stack = _Stack(original, graph, "encoder")
    if original.network.positions == "learned":
        graph.say("positions", original.network.max_length)
    source = graph.input("source", ("batch", _MEMORY), integer=True)
    length = graph.add("Gather", graph.add("Shape", source), graph.constant(1, np.int64))
    places = graph.add("Range", graph.constant(0, np.int64), length, graph.constant(1, np.int64))
    dark = stack.padding(source)
    vectors = stack.embedded(source, places)
    for number in range(original.network.encoder_layers):
        vectors, _ = stack.self_attention(vectors, number, places, dark=dark)
        vectors = stack.feedforward(vectors, number)
    vectors = stack.last_norm(vectors)
    remembered = [stack.remembered(vectors, number) for number in range(original.network.decoder_layers)]
    graph.output(graph.add("Concat", *remembered, axis=0), "memory", _keys_and_values(original, _MEMORY))
    graph.save(path)


def write_step(original: Original, path: Path) -> None:
    """``tokens``, one a row, and what is known become ``logits`` of the next, and ``present``, the next ``past``."""
    graph = Graph("step")
    stack = _Stack(original, graph, "decoder")
    tokens = graph.input("tokens", ("batch",), integer=True)
    past = graph.input("past", _keys_and_values(original, "past_position"))
    memory = graph.input("memory", _keys_and_values(original, _MEMORY))
    dark = stack.padding(graph.input("source", ("batch", _MEMORY), integer=True))
    place = graph.add("Gather", graph.add("Shape", past), graph.constant([4], np.int64))
    vectors = stack.embedded(graph.reshape(tokens, -1, 1), place)
    present = []
    for number in range(original.network.decoder_layers):
        vectors, known = stack.self_attention(vectors, number, place, past=past)
        vectors = stack.cross_attention(vectors, number, memory, dark)
        vectors = stack.feedforward(vectors, number)
        present.append(known)
    logits = stack.logits(graph.reshape(stack.last_norm(vectors), -1, original.network.model_dim))
    graph.output(logits, "logits", ("batch", len(original.vocabulary)))
    graph.output(graph.add("Concat", *present, axis=0), "present", _keys_and_values(original, "position"))
    graph.save(path)


def _keys_and_values(original: Original, positions: str) -> Shape:
    network = original.network
    return (network.decoder_layers, 2, "batch", network.num_heads, positions, network.head_dim)


@final
class _Stack:
    """The parts of an encoder or a decoder, each written into a graph."""

    def __init__(self, original: Original, graph: Graph, name: str) -> None:
        self._original = original
        self._network = original.network
        self._weights = original.weights
        self._graph = graph
        self._name = name
        self._side = "source" if name == "encoder" else "target"

    def padding(self, source: str) -> str:
        """Minus infinity where a source cell is padding, else 0: (row, 1, 1, position)."""
        graph = self._graph
        hidden = graph.add("Equal", source, graph.constant(PAD, np.int64))
        dark = graph.add("Where", hidden, graph.constant(-math.inf), graph.constant(0.0))
        return graph.add("Unsqueeze", dark, graph.constant([1, 2], np.int64))

    def embedded(self, ids: str, places: str) -> str:
        """Embeddings of (row, position) ids that stand at ``places``."""
        graph, network = self._graph, self._network
        table = self._weights.table(f"{self._side}_embedding")
        vectors = graph.add("Gather", graph.constant(self._weights.array(table), name=table), ids)
        if network.scale_embeddings:
            vectors = graph.add("Mul", vectors, graph.constant(network.model_dim**0.5))
        if network.positions not in ("none", "rotary"):
            vectors = graph.add("Add", vectors, self._position_vectors(places))
        return self._norm(vectors, f"{self._side}_embedding.norm") if network.embedding_norm else vectors

    def self_attention(
        self, vectors: str, number: int, places: str, *, past: str | None = None, dark: str | None = None
    ) -> tuple[str, str]:
        """One layer's look at its own sequence; also its keys and values, those of the ``past`` before them."""
        graph, name = self._graph, f"{self._name}.{number}"
        known: list[str] = []

        def block(inner: str) -> str:
            queries, keys, values = self._heads(inner, f"{name}.attention.project", 3)
            queries, keys = self._normed(queries, keys, f"{name}.attention.core.factor")
            if self._network.positions == "rotary":
                queries, keys = self._turned(queries, places), self._turned(keys, places)
            pair = graph.add("Concat", *(self._unsqueezed(each, 0, 0) for each in (keys, values)), axis=1)
            if past is not None:
                pair = graph.add("Concat", self._layer(past, number), pair, axis=4)
            known.append(pair)
            return self._attended(queries, pair, dark, f"{name}.attention.output")

        return self._around(vectors, f"{name}.around_attention", block), known[0]

    def remembered(self, vectors: str, number: int) -> str:
        """The keys and values of the memory for one layer of the decoder."""
        keys, values = self._heads(vectors, f"decoder.{number}.cross.project_memory", 2)
        keys = self._unit(keys) if self._network.qk_norm else keys
        return self._graph.add("Concat", *(self._unsqueezed(each, 0, 0) for each in (keys, values)), axis=1)

    def cross_attention(self, vectors: str, number: int, memory: str, dark: str) -> str:
        """One layer's look at the source."""
        name = f"{self._name}.{number}"

        def block(inner: str) -> str:
            (queries,) = self._heads(inner, f"{name}.cross.project_query", 1)
            queries, _ = self._normed(queries, queries, f"{name}.cross.core.factor")
            return self._attended(queries, self._layer(memory, number), dark, f"{name}.cross.output")

        return self._around(vectors, f"{name}.around_cross", block)

    def feedforward(self, vectors: str, number: int) -> str:
        """One layer's feed-forward network; nothing where the model has none."""
        name = f"{self._name}.{number}.feedforward"
        if self._network.feedforward == "none":
            return vectors

        def block(inner: str) -> str:
            hidden = self._activated(self._product(inner, f"{name}.expand"))
            if self._network.feedforward == "swiglu":
                hidden = self._graph.add("Mul", hidden, self._product(inner, f"{name}.gate"))
            return self._product(hidden, f"{name}.contract")

        return self._around(vectors, f"{self._name}.{number}.around_feedforward", block)

    def last_norm(self, vectors: str) -> str:
        """The norm behind a pre-norm stack."""
        return self._norm(vectors, f"{self._name}_norm") if self._network.norm == "pre" else vectors

    def logits(self, vectors: str) -> str:
        """Scores of every piece, from (row, model) vectors."""
        graph, weights = self._graph, self._weights
        name = "output.weight" if "output.weight" in weights else weights.table("target_embedding")
        inputs = [vectors, graph.constant(weights.output, name=name)]
        if self._network.output_bias:
            inputs.append(graph.constant(weights.array("output_bias"), name="output_bias"))
        return graph.add("Gemm", *inputs, transB=1)

    def _around(self, vectors: str, name: str, block: Block) -> str:
        """Norm and residual, in the model's order."""
        if self._network.norm == "pre":
            return self._graph.add("Add", vectors, block(self._norm(vectors, f"{name}.norm")))
        return self._norm(self._graph.add("Add", vectors, block(vectors)), f"{name}.norm")

    def _heads(self, vectors: str, name: str, parts: int) -> list[str]:
        """A projection cut into ``parts`` of (row, head, position, features)."""
        graph, network = self._graph, self._network
        cut = graph.reshape(self._product(vectors, name), 0, 0, parts, network.num_heads, network.head_dim)
        turned = graph.add("Transpose", cut, perm=[2, 0, 3, 1, 4])
        return [graph.add("Gather", turned, graph.constant(part, np.int64), axis=0) for part in range(parts)]

    def _normed(self, queries: str, keys: str, factor: str) -> tuple[str, str]:
        """With query-key norm, keys of length 1, and queries so long that scores are a factor times cosines."""
        if not self._network.qk_norm:
            return queries, keys
        graph, length = self._graph, self._weights.array(factor)
        if self._network.scale_scores:
            length = length * np.float32(self._network.head_dim**0.5)
        return graph.add("Mul", self._unit(queries), graph.constant(length)), self._unit(keys)

    def _unit(self, vectors: str) -> str:
        graph = self._graph
        lengths = graph.add("ReduceL2", vectors, axes=[-1], keepdims=1)
        return graph.add("Div", vectors, graph.add("Max", lengths, graph.constant(1e-12)))

    def _attended(self, queries: str, pair: str, dark: str | None, output: str) -> str:
        """The four steps of attention; ``pair`` holds keys and values of one layer."""
        graph = self._graph
        first = graph.add("Gather", pair, graph.constant(0, np.int64), axis=0)
        keys, values = (graph.add("Gather", first, graph.constant(part, np.int64), axis=0) for part in (0, 1))
        scores = graph.add("MatMul", queries, graph.add("Transpose", keys, perm=[0, 1, 3, 2]))
        if self._network.scale_scores:
            scores = graph.add("Mul", scores, graph.constant(self._network.head_dim**-0.5))
        scores = scores if dark is None else graph.add("Add", scores, dark)
        context = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), values)
        joined = graph.reshape(graph.add("Transpose", context, perm=[0, 2, 1, 3]), 0, 0, self._network.model_dim)
        return self._product(joined, output)

    def _layer(self, everything: str, number: int) -> str:
        """One layer of keys and values, its axis kept."""
        return self._graph.add("Gather", everything, self._graph.constant([number], np.int64), axis=0)

    def _activated(self, vectors: str) -> str:
        graph, kind = self._graph, self._network.feedforward
        if kind == "relu":
            return graph.add("Relu", vectors)
        if kind == "gelu":
            error = graph.add("Erf", graph.add("Mul", vectors, graph.constant(2**-0.5)))
            half = graph.add("Mul", vectors, graph.constant(0.5))
            return graph.add("Mul", half, graph.add("Add", error, graph.constant(1.0)))
        return graph.add("Mul", vectors, graph.add("Sigmoid", vectors))

    def _position_vectors(self, places: str) -> str:
        """What is added at each place: a learned row, or the formula's."""
        graph = self._graph
        if self._network.positions == "learned":
            table = f"{self._side}_embedding.positions.table"
            return graph.add("Gather", graph.constant(self._weights.array(table), name=table), places)
        sines, cosines = self._waves(places, self._network.model_dim)
        if self._network.positions == "sinusoidal-halves":
            return graph.add("Concat", sines, cosines, axis=-1)
        return graph.reshape(self._interleaved(sines, cosines), -1, self._network.model_dim)

    def _waves(self, places: str, dim: int) -> tuple[str, str]:
        """Sines and cosines of the places' angles, (position, half), computed in float64 as ours are."""
        graph = self._graph
        rates = graph.constant(BASE ** (-np.arange(0, dim, 2) / dim), np.float64)
        standing = self._unsqueezed(graph.add("Cast", places, to=11), 1)
        angles = graph.add("Mul", standing, rates)
        ahead = graph.add("Add", angles, graph.constant(math.pi / 2, np.float64))  # not every runtime has cosines
        sines, cosines = (graph.add("Cast", graph.add("Sin", each), to=1) for each in (angles, ahead))
        return sines, cosines

    def _turned(self, vectors: str, places: str) -> str:
        """Rotary positions: feature pairs (2i, 2i+1) turned by their angle."""
        graph, features = self._graph, self._network.head_dim
        sines, cosines = self._waves(places, features)
        pairs = graph.add("Reshape", vectors, graph.constant([0, 0, 0, features // 2, 2], np.int64))
        even, odd = (graph.add("Gather", pairs, graph.constant(part, np.int64), axis=4) for part in (0, 1))
        first = graph.add("Sub", graph.add("Mul", even, cosines), graph.add("Mul", odd, sines))
        second = graph.add("Add", graph.add("Mul", even, sines), graph.add("Mul", odd, cosines))
        return graph.reshape(self._interleaved(first, second), 0, 0, 0, features)

    def _interleaved(self, first: str, second: str) -> str:
        return self._graph.add("Concat", *(self._unsqueezed(each, -1) for each in (first, second)), axis=-1)

    def _unsqueezed(self, value: str, *axes: int) -> str:
        for axis in axes:
            value = self._graph.add("Unsqueeze", value, self._graph.constant([axis], np.int64))
        return value

    def _product(self, vectors: str, name: str) -> str:
        return self._graph.product(vectors, name, self._weights.product(name))

    def _norm(self, vectors: str, name: str) -> str:
        weights = self._weights
        return self._graph.norm(vectors, name, weights.array(f"{name}.weight"), weights.array(f"{name}.bias"))

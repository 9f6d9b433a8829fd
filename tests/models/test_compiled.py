"""The compiled file computes what the network's modules compute, and nothing in a row depends on its neighbours."""

import copy
import os
import platform
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch

from regard.batches import rectangle
from regard.decoding import Hypothesis, translate_ids
from regard.decoding.choice import best_of_group, log_probabilities
from regard.errors import DivergedError, SettingsError, ShapeError
from regard.kernels import Source
from regard.kernels.compiling import compile_to
from regard.models import Transformer, build_model, compute_in
from regard.models.compiled import CompiledTransformer, Library, compiled_library
from regard.models.compiled import library as compiled_files
from regard.models.compiled import transformer as compiled_network
from regard.models.compiled.library import SOURCE, WITHOUT_TILES
from regard.models.interface import AnyModel
from regard.settings import DecodingSettings
from regard.settings.model import ModelSettings
from regard.text.control import BOS, EOS
from regard.text.shortlist import Shortlist

SMALL = {"model_dim": 64, "num_heads": 2, "feedforward_dim": 96, "encoder_layers": 2, "decoder_layers": 2}
VOCAB = 291
LARGEST_ERROR = {"float32": 1e-5, "bfloat16": 0.2, "int8": 0.2}
"""Of a standard deviation of the logits; both sides round bfloat16, at other places."""
SOURCES = [[7, 8, 9, 10, 11], [5], [21, 22, 290], [13, 14, 15, 16]]
VARIANTS: list[dict[str, object]] = [
    {},
    {"norm": "post", "feedforward": "swish", "tied_embeddings": "none", "output_bias": True},
    {"positions": "learned", "max_length": 64, "embedding_norm": True, "scale_embeddings": False},
    {"positions": "none", "num_heads": 4, "scale_scores": False, "encoder_layers": 1},
]


@pytest.fixture(scope="session")
def environment(needs_tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """That of a process which finds what is compiled for these tests."""
    return {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("compiled")), "CXX": needs_tool("g++")}


@pytest.fixture(scope="session")
def library(environment: dict[str, str]) -> Library:
    with pytest.MonkeyPatch.context() as changed:
        for name, value in environment.items():
            changed.setenv(name, value)
        made: Library = compiled_library.__wrapped__()  # and not one that other tests would find
    return made


def network_of(numbers: str = "float32", **changes: object) -> Transformer:
    torch.manual_seed(0)
    model = build_model(ModelSettings.model_validate(SMALL | changes), VOCAB).eval().requires_grad_(False)
    assert isinstance(model, Transformer)
    for parameter in model.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.1)
    compute_in(model, numbers)  # type: ignore[arg-type]
    return model


@torch.inference_mode()
def steps_of(
    model: AnyModel, sources: list[list[int]], *, copies: int, steps: int = 40, seed: int = 1
) -> list[torch.Tensor]:
    """The logits of a search that takes odd turns: rows go on from others, and after six steps two sentences leave."""
    ids, layout = rectangle([[*source, EOS] for source in sources])
    state = model.start(model.encode(ids, layout), copies=copies)
    draw = torch.Generator().manual_seed(seed)
    rows, seen = len(sources), []
    tokens = torch.full((rows * copies,), BOS)
    for step in range(steps):
        logits, state = model.step(state, tokens)
        seen.append(logits.double())
        for _ in range(1 + (step % 7 == 3)):  # twice now and then: of what rows went on from, others go on
            state = state.follow(torch.randint(0, copies, (rows, copies), generator=draw))
        if step == 5:
            state, rows = state.select(torch.tensor([2, 0])), 2
        tokens = torch.randint(EOS, VOCAB, (rows * copies,), generator=draw)
    return seen


def largest_difference(one: list[torch.Tensor], other: list[torch.Tensor]) -> float:
    return max(float((a - b).abs().max()) for a, b in zip(one, other, strict=True)) / float(one[0].std())


@pytest.mark.parametrize("copies", [1, 3])
@pytest.mark.parametrize("variant", VARIANTS, ids=["usual", "post", "learned", "bare"])
@pytest.mark.parametrize("numbers", LARGEST_ERROR)
def test_steps_give_the_logits_of_the_network(
    library: Library, numbers: str, variant: dict[str, object], copies: int
) -> None:
    model = network_of(numbers, **variant)
    expected = steps_of(model, SOURCES, copies=copies)
    found = steps_of(CompiledTransformer(model, library), SOURCES, copies=copies)
    assert [each.shape for each in found] == [each.shape for each in expected]
    assert largest_difference(expected, found) <= LARGEST_ERROR[numbers]


def test_a_token_for_each_row_is_wanted(library: Library) -> None:
    model = CompiledTransformer(network_of(), library)
    state = model.start(model.encode(*rectangle([[7, EOS], [8, EOS]])), copies=2)
    with pytest.raises(ShapeError, match="a state of 4 rows takes a token for each, but 3 were given"):
        model.step(state, torch.full((3,), BOS))
    within = model.step_within(torch.tensor([[5, 6], [7, 8]]))
    for sentences in ([0], [0, 2], [-1, 0]):
        with pytest.raises(
            ShapeError, match="each of the state's 2 sentences must have its row of pieces, of which there are 2, but"
        ):
            within(state, torch.full((4,), BOS), torch.tensor(sentences))


def test_a_thread_that_needs_little_takes_nothing_from_one_that_needs_much(library: Library) -> None:
    network = network_of()
    packing = CompiledTransformer(network, library)._packing
    embedding, short, was_asked = network.source_embedding, threading.Event(), threading.Event()
    assert embedding.positions is not None
    positions = embedding.positions.forward

    def slow(count: int) -> torch.Tensor | None:
        if count < 100:  # the longer one could be done before this
            was_asked.set()
            short.wait(0.5)
        return positions(count)

    embedding.positions.forward = slow  # type: ignore[method-assign,assignment]
    little = threading.Thread(target=packing.reach, args=(network, 10))
    little.start()
    was_asked.wait(5)
    packing.reach(network, 300)
    table = packing.pointers.source_positions
    short.set()
    little.join()
    assert packing.pointers.source_positions == table  # not the shorter one


@pytest.mark.parametrize("other", [torch.float64, torch.bfloat16, torch.device("meta")], ids=str)
@pytest.mark.parametrize("numbers", LARGEST_ERROR)
def test_pytorchs_defaults_change_nothing(
    library: Library,
    numbers: str,
    other: torch.dtype | torch.device,
    default_dtype: Callable[[torch.dtype], AbstractContextManager[None]],
) -> None:
    network, settings = network_of(numbers), DecodingSettings(beam_size=3, num_hypotheses=3, max_length=40)

    def everything() -> list[list[list[Hypothesis]]]:
        model = CompiledTransformer(network, library)
        return [translate_ids(model, SOURCES, settings, shortlist) for shortlist in (None, _uneven_shortlist())]

    usual = everything()
    with default_dtype(other) if isinstance(other, torch.dtype) else other:
        assert everything() == usual


@pytest.mark.parametrize("dtype", [torch.int32, torch.int16])
@torch.inference_mode()
def test_ids_of_any_whole_number_are_the_same(library: Library, dtype: torch.dtype) -> None:
    model, pieces = CompiledTransformer(network_of(), library), torch.arange(EOS, EOS + 20).view(2, 10)
    within = model.step_within(pieces.to(dtype))
    expected_within = model.step_within(pieces)
    ids, layout = rectangle([[7, 8, 9, EOS], [5, EOS]])
    sentences, tokens = torch.arange(2), torch.full((2,), BOS)
    expected, found = model.start(model.encode(ids, layout)), model.start(model.encode(ids.to(dtype), layout))
    first = model.step(expected, tokens)[0]
    assert torch.equal(model.step(found, tokens.to(dtype))[0], first)
    few, _ = expected_within(expected, tokens, sentences)
    assert torch.equal(within(found, tokens.to(dtype), sentences.to(dtype))[0], few)


def test_a_weight_that_differs_is_seen(library: Library) -> None:
    """A control of the comparison above."""
    model = network_of()
    compiled = CompiledTransformer(model, library)
    model.decoder[1].cross.output.weight[3, 4] += 0.5  # type: ignore[union-attr, operator, index]
    pair = (steps_of(each, SOURCES, copies=1) for each in (model, compiled))
    assert largest_difference(*pair) > LARGEST_ERROR["float32"]


@pytest.mark.guarantee(
    "a compiled network's logits of a sentence are bit-equal in any batch, in every type",
    area="decoding",
    control="test_a_weight_that_differs_is_seen",
    reported="padding changes the translation",
)
@pytest.mark.parametrize("numbers", LARGEST_ERROR)
def test_rows_do_not_depend_on_their_neighbours(library: Library, numbers: str) -> None:
    model = CompiledTransformer(network_of(numbers), library)
    for number in (2, 13, 17, 33, 70, 131):  # of rows: tiles, pairs of tiles, what is left over, several rounds
        draw = torch.Generator().manual_seed(number)
        lengths = torch.randint(1, 30, (number,), generator=draw).tolist()
        sources = [torch.randint(EOS + 1, VOCAB, (length,), generator=draw).tolist() for length in lengths]
        together = _first_logits(model, sources)
        for row in (0, number // 2, number - 1):
            assert torch.equal(_first_logits(model, [sources[row]])[0], together[row]), (number, row)


@pytest.mark.parametrize("beams", [2, 5, 7])  # all at once; and more than look at once
@pytest.mark.parametrize("numbers", LARGEST_ERROR)
@torch.inference_mode()
def test_beams_that_share_a_past_get_the_bits_of_a_row_alone(library: Library, numbers: str, beams: int) -> None:
    model, draw = CompiledTransformer(network_of(numbers), library), torch.Generator().manual_seed(beams)
    ids, layout = rectangle([[*SOURCES[0], EOS]])
    memory, paths = model.encode(ids, layout), torch.full((beams, 1), BOS)
    state = model.start(memory, copies=beams)
    for step in range(50):
        logits, state = model.step(state, paths[:, -1])
        # For a while each goes on from itself, so that some sixteen cells are shared by all, some by none.
        parents = torch.arange(beams) if 10 < step < 40 else torch.randint(beams, (beams,), generator=draw)
        state = state.follow(parents[None])
        following = torch.randint(EOS + 1, VOCAB, (beams, 1), generator=draw)
        logits, before = logits[parents], paths[parents]
        paths = torch.cat((before, following), dim=1)
    for beam in range(beams):
        alone = model.start(memory)
        for token in before[beam]:
            expected, alone = model.step(alone, token[None])
        assert torch.equal(logits[beam], expected[0]), beam


@torch.inference_mode()
def _first_logits(model: CompiledTransformer, sources: list[list[int]]) -> torch.Tensor:
    ids, layout = rectangle([[*source, EOS] for source in sources])
    state = model.start(model.encode(ids, layout))
    _, state = model.step(state, torch.full((len(sources),), BOS))
    return model.step(state, torch.full((len(sources),), 17))[0]


@pytest.mark.parametrize("numbers", LARGEST_ERROR)
def test_two_threads_give_the_bits_of_one(library: Library, numbers: str) -> None:
    model, before = network_of(numbers), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        one, two = (CompiledTransformer(model, library, threads=threads) for threads in (1, 2))
        for each, other in zip(*(steps_of(m, SOURCES, copies=3, steps=8) for m in (one, two)), strict=True):
            assert torch.equal(each, other)
    finally:
        torch.set_num_threads(before)


@torch.inference_mode()
def test_a_state_is_a_value(library: Library) -> None:
    model = CompiledTransformer(network_of(), library)
    ids, layout = rectangle([[*source, EOS] for source in SOURCES])
    _, first = model.step(model.start(model.encode(ids, layout), copies=2), torch.full((8,), BOS))
    once, state = model.step(first, torch.arange(10, 18))
    model.step(state, torch.arange(20, 28))
    model.step(first, torch.arange(30, 38))  # writes where the other state wrote
    again, _ = model.step(first, torch.arange(10, 18))
    assert torch.equal(once, again)
    after, _ = model.step(state, torch.arange(40, 48))
    repeated = state.select(torch.tensor([1, 1, 3]))
    other, _ = model.step(repeated, torch.tensor([42, 43, 44, 45, 46, 47]))
    assert torch.equal(other[0], after[2])
    assert torch.equal(other[5], after[7])
    assert not torch.equal(other[2], other[0])


@pytest.mark.parametrize(("groups", "members", "count"), [(3, 1, 1), (4, 5, 10), (2, 3, 200)])
def test_the_best_tokens_are_those_of_the_log_probabilities(
    library: Library, groups: int, members: int, count: int
) -> None:
    model = CompiledTransformer(network_of(), library)
    draw = torch.Generator().manual_seed(count)
    for _ in range(20):
        logits = torch.randn(groups * members, VOCAB, generator=draw) * 3
        before = torch.randn(groups, members, generator=draw).double()
        found = model.best(logits, before, count, first_id=EOS)
        log_probs = log_probabilities(logits).view(groups, members, VOCAB)
        totals, parents, ids = best_of_group(log_probs, before, count)
        assert found is not None
        assert torch.equal(found.members, parents)
        assert torch.equal(found.ids, ids)
        torch.testing.assert_close(found.totals, totals, rtol=0, atol=2e-6)
        own = log_probs.double().flatten(1).gather(1, parents * VOCAB + ids)
        torch.testing.assert_close(found.log_probabilities, own, rtol=0, atol=2e-6)


def test_of_equals_the_lowest_id_is_best_and_nothing_follows_minus_infinity(library: Library) -> None:
    model = CompiledTransformer(network_of(), library)
    logits = torch.zeros(2, VOCAB)
    logits[:, [40, 250]] = 5.0
    logits[:, :EOS] = 9.0  # never chosen
    found = model.best(logits, torch.tensor([[0.0, -torch.inf]], dtype=torch.float64), 3, first_id=EOS)
    assert found is not None
    assert found.ids.tolist() == [[40, 250, EOS]]
    assert found.members.tolist() == [[0, 0, 0]]
    nowhere = model.best(logits, torch.full((1, 2), -torch.inf, dtype=torch.float64), 2, first_id=EOS)
    assert nowhere is not None
    assert nowhere.totals.tolist() == [[-torch.inf, -torch.inf]]
    with pytest.raises(ShapeError, match="1 groups of 3 hypotheses have a row of logits each, but 2 rows were given"):
        model.best(logits, torch.zeros((1, 3), dtype=torch.float64), 2, first_id=EOS)


@pytest.mark.parametrize("beam_size", [1, 4])
def test_a_search_finds_the_same(library: Library, beam_size: int) -> None:
    model = network_of(output_bias=True)
    settings = DecodingSettings(beam_size=beam_size, num_hypotheses=beam_size, max_length=30)
    sources = [*SOURCES, [], *[[5 + n, 9, 30 + n] for n in range(80)]]
    expected = translate_ids(model, sources, settings)
    found = translate_ids(CompiledTransformer(model, library), sources, settings)
    assert [[one.ids for one in each] for each in found] == [[one.ids for one in each] for each in expected]
    for one, other in zip(expected, found, strict=True):
        assert [each.score for each in other] == pytest.approx([each.score for each in one], abs=1e-5)


@pytest.mark.parametrize("beam_size", [1, 3])
def test_numbers_that_are_none_are_reported(library: Library, beam_size: int) -> None:
    model = network_of("bfloat16")
    model.decoder[0].feedforward.expand.bias[5] = float("nan")  # type: ignore[union-attr, index, operator]
    with pytest.raises(DivergedError, match="not finite"):
        translate_ids(CompiledTransformer(model, library), SOURCES, DecodingSettings(beam_size=beam_size))


def test_a_twin_is_the_network(library: Library) -> None:
    """Who watches attentions finds them at work."""
    model = network_of()
    twin = copy.deepcopy(CompiledTransformer(model, library))
    assert isinstance(twin, Transformer)
    assert twin.attentions().keys() == model.attentions().keys()


def test_an_id_that_is_not_in_the_vocabulary_is_refused(library: Library) -> None:
    model = CompiledTransformer(network_of(), library)
    with pytest.raises(IndexError, match="not in the vocabulary"):
        model.encode(*rectangle([[5, VOCAB]]))
    state = model.start(model.encode(*rectangle([[5, EOS]])))
    with pytest.raises(IndexError, match="not in the vocabulary"):
        model.step(state, torch.tensor([-1]))


def test_threads_ask_for_no_memory() -> None:
    """What runs out of memory between threads ends the process; it is asked for before they begin."""
    asking = re.compile(r"std::(vector|string|map|unique_ptr)|\bnew\b|alloc\(|resize|push_back")
    shared = re.compile(r"^#pragma omp parallel.*?^}", re.DOTALL | re.MULTILINE)  # to the end of the function
    code = "".join(files(SOURCE.package).joinpath(name).read_text(encoding="utf-8") for name in SOURCE.names)
    regions = shared.findall(re.sub(r"//.*", "", code))
    assert len(regions) == code.count("omp parallel") > 0
    for region in regions:
        assert not (found := asking.search(region)), f"{found.group()} in {region}"


SHORT_OF_MEMORY = """
import resource
from pathlib import Path

import torch

from regard.batches import rectangle
from regard.errors import is_out_of_memory
from regard.models import build_model, compute_in
from regard.models.compiled import CompiledTransformer
from regard.settings import ModelSettings
from regard.text.control import BOS, EOS

torch.set_num_threads(1)
settings = ModelSettings(model_dim=64, num_heads=2, feedforward_dim=4096, encoder_layers=1, decoder_layers=1)
network = build_model(settings, 300).eval().requires_grad_(False)
compute_in(network, "float32")
model = CompiledTransformer(network)

def attempt(work, megabytes):
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    room = pages * resource.getpagesize() + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (room, resource.RLIM_INFINITY))
    try:
        work()
    except MemoryError as error:
        assert is_out_of_memory(error)
        print(error)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

with torch.inference_mode():
    state = model.start(model.encode(*rectangle([[7, 8, EOS]])), copies=10_000)
    few = model.start(model.encode(*rectangle([[7, 8, EOS]])))
    usual, _ = model.step(few, torch.tensor([BOS]))
    long = rectangle([[7] * 20_000 + [EOS]])
    model._packing.reach(network, 20_001)
    before = torch.zeros(1, 1, dtype=torch.float64)
    attempt(lambda: model.encode(*long), 100)
    attempt(lambda: model.step(state, torch.full((10_000,), BOS)), 100)
    attempt(lambda: model.best(usual, before, 2**22, first_id=EOS), 192)
    again, _ = model.step(few, torch.tensor([BOS]))
    assert torch.equal(again, usual)
"""


def test_memory_that_runs_out_is_an_error_and_no_end(library: Library, environment: dict[str, str]) -> None:
    if sys.platform != "linux":
        pytest.skip("limits the address space, as Linux does")
    result = subprocess.run(
        [sys.executable, "-c", SHORT_OF_MEMORY], env={**os.environ, **environment}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == 3 * [
        "memory ran out in the compiled network; translate fewer or shorter sentences at a time"
    ]


@pytest.mark.parametrize(
    ("numbers", "changes", "message"),
    [
        ("float32", {"positions": "rotary"}, "positions = 'rotary'"),
        ("float32", {"qk_norm": True, "feedforward": "gelu"}, "qk_norm, feedforward = 'gelu'"),
        ("float32", {"model_dim": 40, "num_heads": 5}, "no multiple of 32, heads whose size is no multiple of 16"),
        ("float64", {}, "computing in float64"),
    ],
)
def test_what_is_not_compiled_is_refused_by_name(
    library: Library, numbers: str, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        CompiledTransformer(network_of(numbers, **changes), library)


def test_a_network_that_cannot_be_compiled_needs_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has none is not told to install one, which would not help; whoever has one does not wait for it."""
    monkeypatch.setattr(compiled_network, "compiled_library", lambda: pytest.fail("somebody was made to wait"))
    with pytest.raises(SettingsError, match="positions = 'rotary'"):
        CompiledTransformer(network_of(positions="rotary"))


def test_a_processor_without_wide_vectors_computes_the_same(
    needs_tool: Callable[[str], str], tmp_path: Path, library: Library
) -> None:
    path = tmp_path / "plain.so"
    flags = ("-march=x86-64", "-Wno-psabi", "-O1", "-D__builtin_shufflevector=unknown_before_gcc_12")
    compile_to(path, replace(SOURCE, flags=flags), needs_tool("g++"))
    require_same_without_tiles(Library(path), library)


def require_same_without_tiles(plain: Library, library: Library) -> None:
    assert not plain.has_tiles
    for numbers, most in {"float32": 1e-5, "bfloat16": 0.05, "int8": 0.05}.items():
        compiled = (CompiledTransformer(network_of(numbers), each) for each in (plain, library))
        found, expected = (steps_of(each, SOURCES, copies=2, steps=9) for each in compiled)
        assert largest_difference(expected, found) <= most, numbers


def test_where_the_system_forbids_tiles_it_is_compiled_without(
    needs_tool: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, library: Library
) -> None:
    if platform.machine() != "x86_64":
        pytest.skip(f"tiles are those of x86_64, and this is {platform.machine()}")
    needs_tool("g++")
    package = tmp_path / "forbidding"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "entry.cpp").write_text('extern "C" long regard_has_tiles() { return -1; }\n', encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(compiled_files, "SOURCE", Source("forbidding", ("entry.cpp",)))
    without = replace(WITHOUT_TILES, flags=(*WITHOUT_TILES.flags, "-O1"))
    monkeypatch.setattr(compiled_files, "WITHOUT_TILES", without)
    require_same_without_tiles(compiled_library.__wrapped__(), library)


@torch.inference_mode()
def _logits_within(model: AnyModel, pieces: torch.Tensor, copies: int) -> list[torch.Tensor]:
    """Three steps of three sentences, of which one leaves after the second."""
    ids, layout = rectangle([[*source, EOS] for source in SOURCES[: len(pieces)]])
    state, sentences = model.start(model.encode(ids, layout), copies=copies), torch.arange(len(pieces))
    step = model.step_within(pieces)
    assert step is not None
    seen = []
    for token in (BOS, 40, 41):
        logits, state = step(state, torch.full((len(sentences) * copies,), token), sentences)
        seen.append(logits.double())
        if token == 40:
            sentences = torch.tensor([2, 0])
            state = state.select(sentences)
    return seen


@pytest.mark.parametrize("copies", [1, 3])
@pytest.mark.parametrize("variant", VARIANTS[:2], ids=["usual", "untied, biased"])
@pytest.mark.parametrize("numbers", LARGEST_ERROR)
def test_some_pieces_are_scored_as_among_all(
    library: Library, numbers: str, variant: dict[str, object], copies: int
) -> None:
    network = network_of(numbers, **variant)
    pieces = torch.randint(0, VOCAB, (3, 37), generator=torch.Generator().manual_seed(1))
    compiled = _logits_within(CompiledTransformer(network, library), pieces, copies)
    assert largest_difference(_logits_within(network, pieces, copies), compiled) <= LARGEST_ERROR[numbers]
    ids, layout = rectangle([[*source, EOS] for source in SOURCES[:3]])
    state = network.start(network.encode(ids, layout))
    whole = network.step(state, torch.full((3,), BOS))[0].gather(1, pieces).double()
    assert float((compiled[0][::copies] - whole).abs().max() / whole.std()) <= LARGEST_ERROR[numbers]


def _uneven_shortlist() -> Shortlist:
    """Piece n may be translated by n % 60 others, so that lists have all lengths."""
    draw = np.random.default_rng(0)
    few = [np.sort(draw.choice(np.arange(EOS + 1, VOCAB), size=n % 60, replace=False)) for n in range(VOCAB)]
    return Shortlist(
        frequent=np.arange(EOS + 1, EOS + 3),
        first=np.cumsum([0, *map(len, few)]),
        translations=np.concatenate(few),
    )


@pytest.mark.parametrize("beam_size", [1, 5])
@pytest.mark.parametrize("numbers", LARGEST_ERROR)
def test_within_a_shortlist_scores_do_not_depend_on_neighbours(library: Library, numbers: str, beam_size: int) -> None:
    """A sentence's row of logits is as long as the longest list in its batch, and filled up with minus infinity."""
    model, shortlist = CompiledTransformer(network_of(numbers), library), _uneven_shortlist()
    settings = DecodingSettings(beam_size=beam_size, num_hypotheses=beam_size, max_length=12)
    sources = [[60], [61, 180], [125, 62], [70], [7, 8, 9], [100, 101], [59, 58, 57]]
    together = translate_ids(model, sources, settings, shortlist)
    assert together == [translate_ids(model, [source], settings, shortlist)[0] for source in sources]

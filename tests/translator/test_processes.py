"""Several processes give what one gives, in order; a process that is lost is an error, and none is left behind."""

import os
import signal

import pytest
import torch

import regard
from regard.errors import MachineError, SettingsError, TextError
from regard.launch import num_cores
from regard.translator.processes import Workers, line_translator, sensible_processes

LINES = ["3 4", "", "5", "7 8 9", "1 2", "6", "9 9 9 9", "2"] * 3


@pytest.mark.parametrize("count", [1, 2, 3])
def test_several_processes_give_what_one_gives(tiny_run, count: int) -> None:
    translator = regard.load(tiny_run, dtype="float64")
    with Workers(translator, count, beam_size=2) as workers:
        found = [each.text for each in workers.translate_lines(LINES)]
        again = [each.text for each in workers.translate_lines(LINES[:1])]
    assert found == [each.text for each in translator.translate_lines(LINES, beam_size=2)]
    assert again == found[:1]
    assert not any(process.is_alive() for process in workers._processes)


def test_more_processes_than_lines(tiny_run) -> None:
    translator = regard.load(tiny_run)
    with Workers(translator, 3) as workers:
        assert len(list(workers.translate_lines(["3"]))) == 1
        assert list(workers.translate_lines([])) == []


def test_a_process_that_is_killed_is_a_clear_error(tiny_run) -> None:
    with Workers(regard.load(tiny_run), 2) as workers:
        list(workers.translate_lines(LINES))
        pid = workers._processes[1].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(MachineError, match="process 2 of 2 that translate ended with exit code -9"):
            list(workers.translate_lines(LINES))


def test_an_error_of_the_user_comes_back_as_it_is(tiny_run) -> None:
    with (
        Workers(regard.load(tiny_run), 2) as workers,
        pytest.raises(TextError, match="surrogate"),
    ):
        list(workers.translate_lines(["3", "\ud800"]))


def test_processes_end_when_the_reader_leaves(tiny_run) -> None:
    workers = Workers(regard.load(tiny_run), 2)

    def read_a_line() -> None:
        with workers:
            next(workers.translate_lines(LINES))
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        read_a_line()
    assert not any(process.is_alive() for process in workers._processes)


def test_a_number_that_is_none_is_refused(tiny_run) -> None:
    with pytest.raises(SettingsError, match="processes must be a whole number of at least 1, but is 0"):
        Workers(regard.load(tiny_run), 0)


def test_few_lines_are_not_worth_a_process(tiny_run) -> None:
    translator = regard.load(tiny_run)
    assert sensible_processes(translator, 1) == 1
    assert sensible_processes(translator, 10**6) == num_cores()


@pytest.mark.parametrize("processes", [None, 1, 2])
def test_lists_of_lines_are_translated_as_they_come(tiny_run, processes: int | None) -> None:
    translator = regard.load(tiny_run, dtype="float64")
    with line_translator(translator, processes, beam_size=1) as translate:
        found = [[each.text for each in translate(lines)] for lines in (LINES[:3], LINES, [])]
    expected = [each.text for each in translator.translate_lines(LINES, beam_size=1)]
    assert found == [expected[:3], expected, []]


@pytest.fixture
def with_threads():
    """Sets PyTorch's threads; afterwards there are as many as before."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_asked_to_be_deterministic_neither_threads_nor_processes_change_a_bit(make_translator, with_threads) -> None:
    """Files of few lines are translated by this process with all its threads, others by workers of one thread each."""
    translator = make_translator(model={"model_dim": 64, "feedforward_dim": 1024}, decoding={"max_length": 2})
    translator.model.float()
    lines = ["The horse ran quickly.", "Le chat est sur le tapis.", "Le chien court vite, très vite."]
    asked = {"deterministic": True, "coverage_penalty": 0.2}
    found = []
    for threads in (1, 2):
        with_threads(threads)
        found.append([each.score for each in translator.translate_lines(lines, **asked)])
    with Workers(translator, 2, **asked) as workers:
        found.append([each.score for each in workers.translate_lines(lines)])
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(("deterministic", "expected"), [(True, 1), (False, 3)])
def test_a_deterministic_search_has_one_thread(translator, with_threads, deterministic: bool, expected: int) -> None:
    with_threads(3)
    seen: set[int] = set()
    translator.translate("3 4", deterministic=deterministic, cancel=lambda _: bool(seen.add(torch.get_num_threads())))
    assert seen == {expected}
    assert torch.get_num_threads() == 3

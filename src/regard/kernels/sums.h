// Sums over rows, by several threads, whose number changes no bit: they are made of sums over so many rows each.
#pragma once
#include <algorithm>

#include "arithmetic.h"

// [tasks][numbers] zeros for what each task adds up, and how many rows a task has. They come from Python, whose
// allocator says where memory runs out: nothing here could.
struct Shares {
    float* cells;
    int64_t rows_of_task;
};

// `work(row, share)` adds a row's numbers to a share; `sums` becomes what all rows add up to. Their number is a multiple
// of 16.
template <class Work>
void sum_over_rows(int64_t rows, int64_t numbers, const Shares& shares, float* sums, int threads, const Work& work) {
    const int64_t most = shares.rows_of_task, tasks = (rows + most - 1) / most;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t task = 0; task < tasks; ++task)
        for (int64_t row = task * most; row < std::min(rows, (task + 1) * most); ++row)
            work(row, shares.cells + task * numbers);
    std::fill(sums, sums + numbers, 0.f);
    for (int64_t task = 0; task < tasks; ++task)
        for (int64_t i = 0; i < numbers; i += kLanes)
            store(sums + i, load(sums + i) + load(shares.cells + task * numbers + i));
}

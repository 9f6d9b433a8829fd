// Sums over rows, by several threads, whose number changes no bit: they are made of sums over so many rows each.
#pragma once
#include <algorithm>
#include <vector>

#include "arithmetic.h"

constexpr int64_t kRowsOfTask = 32;

// `work(row, share)` adds a row's numbers to a share; `sums` becomes what all rows add up to. Their number is a multiple
// of 16.
template <class Work>
void sum_over_rows(int64_t rows, int64_t numbers, float* sums, int threads, const Work& work) {
    const int64_t tasks = (rows + kRowsOfTask - 1) / kRowsOfTask;
    std::vector<float> shares(tasks * numbers);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t task = 0; task < tasks; ++task)
        for (int64_t row = task * kRowsOfTask; row < std::min(rows, (task + 1) * kRowsOfTask); ++row)
            work(row, shares.data() + task * numbers);
    std::fill(sums, sums + numbers, 0.f);
    for (int64_t task = 0; task < tasks; ++task)
        for (int64_t i = 0; i < numbers; i += kLanes)
            store(sums + i, load(sums + i) + load(shares.data() + task * numbers + i));
}

// What a linear layer does beside its products: the rectifier behind it, and the gradient of its bias.
#pragma once
#include "sums.h"

constexpr int64_t kRectifiedAtOnce = 4096;  // a multiple of 16

// In place: 0 instead of what is below; what is not a number stays none.
template <class Number>
void rectify(Number* cells, int64_t count, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t first = 0; first < count; first += kRectifiedAtOnce)
        for (int64_t i = first; i < std::min(count, first + kRectifiedAtOnce); i += kLanes) {
            const Lanes value = load(cells + i);
            store(cells + i, value < 0.f ? Lanes{} : value);
        }
}

// The gradient before the rectifier, at `to`, from that behind it and from what came out of it; `sums`: over all rows.
template <class Number>
void rectify_back(const Number* upstream, const Number* rectified, Number* to, const Shares& shares, float* sums, int64_t rows,
                  int64_t size, int threads) {
    sum_over_rows(rows, size, shares, sums, threads, [&](int64_t row, float* share) {
        for (int64_t i = 0; i < size; i += kLanes) {
            const int64_t at = row * size + i;
            const Lanes passed = load(rectified + at) <= 0.f ? Lanes{} : load(upstream + at);
            store(to + at, passed);
            store(share + i, load(share + i) + passed);
        }
    });
}

template <class Number>
void sum_columns(const Number* upstream, const Shares& shares, float* sums, int64_t rows, int64_t size, int threads) {
    sum_over_rows(rows, size, shares, sums, threads, [&](int64_t row, float* share) {
        for (int64_t i = 0; i < size; i += kLanes) store(share + i, load(share + i) + load(upstream + row * size + i));
    });
}

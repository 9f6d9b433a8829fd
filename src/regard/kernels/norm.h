// Layer norm of vectors whose length is a multiple of 16, and its gradient. Statistics and sums are float32.
#pragma once
#include "sums.h"

template <class Number>
struct Normal {
    const Number* vectors;
    const float* weight;
    const float* bias;
    Statistics* statistics;
    int64_t rows, size;
    float epsilon;

    void forward(Number* to, int threads) const {
#pragma omp parallel for schedule(static) num_threads(threads)
        for (int64_t row = 0; row < rows; ++row) {
            const Number* from = vectors + row * size;
            const Statistics known = statistics[row] = statistics_of(from, size, epsilon);
            for (int64_t i = 0; i < size; i += kLanes)
                store(to + row * size + i,
                      (load(from + i) - known.mean) * known.factor * load(weight + i) + load(bias + i));
        }
    }

    // `sums`: the row's share of the gradients of weight and bias is added there.
    void backward_row(int64_t row, const Number* upstream, Number* to, float* sums) const {
        const Number *from = vectors + row * size, *given = upstream + row * size;
        const Statistics known = statistics[row];
        Lanes total{}, along{};
        for (int64_t i = 0; i < size; i += kLanes) {
            const Lanes normal = (load(from + i) - known.mean) * known.factor, up = load(given + i);
            const Lanes weighted = up * load(weight + i);
            total += weighted;
            along += weighted * normal;
            store(sums + i, load(sums + i) + up * normal);
            store(sums + size + i, load(sums + size + i) + up);
        }
        const float mean = sum(total) / size, slope = sum(along) / size;
        for (int64_t i = 0; i < size; i += kLanes) {
            const Lanes normal = (load(from + i) - known.mean) * known.factor;
            store(to + row * size + i, (load(given + i) * load(weight + i) - mean - normal * slope) * known.factor);
        }
    }

    // `sums`: the gradients of the weight, then of the bias.
    void backward(const Number* upstream, Number* to, const Shares& shares, float* sums, int threads) const {
        sum_over_rows(rows, 2 * size, shares, sums, threads,
                      [&](int64_t row, float* share) { backward_row(row, upstream, to, share); });
    }
};

// The vectors of tokens: looked up, scaled, their positions added, rounded; and the gradient of the table.
#pragma once
#include <algorithm>

#include "arithmetic.h"

template <class Number>
struct Lookup {
    const int64_t* ids;
    int64_t rows, size;
    float factor;

    // Position r % num_positions is added to row r; none where there are none.
    void forward(const float* table, const float* positions, int64_t num_positions, Number* to, int threads) const {
#pragma omp parallel for schedule(static) num_threads(threads)
        for (int64_t row = 0; row < rows; ++row) {
            const float* vector = table + ids[row] * size;
            for (int64_t i = 0; i < size; i += kLanes) {
                Lanes value = load(vector + i) * factor;
                if (num_positions) value += load(positions + row % num_positions * size + i);
                store(to + row * size + i, value);
            }
        }
    }

    // Threads share the columns, so that each cell is added up in the order of rows, however many there are.
    void backward(const Number* upstream, float* table, int64_t vocab, int threads) const {
#pragma omp parallel num_threads(threads)
        {
#pragma omp for schedule(static)
            for (int64_t piece = 0; piece < vocab; ++piece) std::fill(table + piece * size, table + (piece + 1) * size, 0.f);
#pragma omp for schedule(static)
            for (int64_t i = 0; i < size; i += kLanes)
                for (int64_t row = 0; row < rows; ++row) {
                    float* sums = table + ids[row] * size + i;
                    store(sums, load(sums) + load(upstream + row * size + i) * factor);
                }
        }
    }
};

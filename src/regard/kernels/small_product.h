// Products of matrices so small that they stay in a core's cache, sixteen columns at a time.
#pragma once
#include "arithmetic.h"

// Without it, sums would live in memory instead of registers.
#define REGARD_UNROLL _Pragma("GCC unroll 16")

// One factor, read cell by cell: either way round.
struct Left {
    const float* cells;
    int64_t row, column;  // steps from one row, and from one column, to the next
};

template <int Rows, int Vectors, class Number>
void block(const Left& left, const float* right, int64_t right_row, int64_t depth, Number* to, int64_t to_row) {
    Lanes sums[Rows][Vectors] = {};
    for (int64_t k = 0; k < depth; ++k) {
        Lanes some[Vectors];
        REGARD_UNROLL for (int v = 0; v < Vectors; ++v) some[v] = load(right + k * right_row + v * kLanes);
        REGARD_UNROLL for (int r = 0; r < Rows; ++r) {
            const Lanes one = all(left.cells[r * left.row + k * left.column]);
            REGARD_UNROLL for (int v = 0; v < Vectors; ++v) sums[r][v] += one * some[v];
        }
    }
    REGARD_UNROLL for (int r = 0; r < Rows; ++r)
        REGARD_UNROLL for (int v = 0; v < Vectors; ++v) store(to + r * to_row + v * kLanes, sums[r][v]);
}

template <int Rows, int Vectors, class Number>
void rows_of(Left left, int64_t rows, const float* right, int64_t right_row, int64_t depth, Number* to, int64_t to_row) {
    for (; rows >= Rows; rows -= Rows, left.cells += Rows * left.row, to += Rows * to_row)
        block<Rows, Vectors>(left, right, right_row, depth, to, to_row);
    if constexpr (Rows > 1)
        if (rows) rows_of<Rows / 2, Vectors>(left, rows, right, right_row, depth, to, to_row);
}

// to = left · right; `columns` is a multiple of 16.
template <class Number>
void small_product(const Left& left, int64_t rows, const float* right, int64_t right_row, int64_t depth,
                   int64_t columns, Number* to, int64_t to_row) {
    int64_t c = 0;
    for (; c + 4 * kLanes <= columns; c += 4 * kLanes)
        rows_of<4, 4>(left, rows, right + c, right_row, depth, to + c, to_row);
    for (; c + 2 * kLanes <= columns; c += 2 * kLanes)
        rows_of<8, 2>(left, rows, right + c, right_row, depth, to + c, to_row);
    for (; c < columns; c += kLanes) rows_of<8, 1>(left, rows, right + c, right_row, depth, to + c, to_row);
}

// Turns sixteen vectors over: four times, halves are dealt like two halves of a pack of cards.
inline void transpose(Lanes (&rows)[kLanes]) {
    REGARD_UNROLL for (int round = 0; round < 4; ++round) {
        Lanes dealt[kLanes];
        REGARD_UNROLL for (int i = 0; i < kLanes / 2; ++i) {
            dealt[2 * i] = pick<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(rows[i], rows[i + 8]);
            dealt[2 * i + 1] = pick<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(rows[i], rows[i + 8]);
        }
        REGARD_UNROLL for (int i = 0; i < kLanes; ++i) rows[i] = dealt[i];
    }
}

// [rows][columns] becomes [columns][rounded], rows filled up with zeros to a multiple of 16.
inline void transposed(const float* from, int64_t rows, int64_t columns, float* to, int64_t rounded) {
    for (int64_t r = 0; r < rows; r += kLanes)
        for (int64_t c = 0; c < columns; c += kLanes) {
            Lanes some[kLanes];
            REGARD_UNROLL for (int i = 0; i < kLanes; ++i) some[i] = r + i < rows ? load(from + (r + i) * columns + c) : Lanes{};
            transpose(some);
            REGARD_UNROLL for (int i = 0; i < kLanes; ++i) store(to + (c + i) * rounded + r, some[i]);
        }
}

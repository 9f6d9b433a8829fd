// x Wᵀ + b for rows of activations, by weights that were laid out for it (packing.py).
//
// Outputs are cut into panels of sixteen. A result never depends on how many rows there are or which row it is: every
// output is summed over the inputs in one order. What becomes of a result is the caller's: `emit(row, output, lanes)`.
#pragma once
#include <algorithm>
#include <type_traits>
#include <vector>

#include "arithmetic.h"
#ifdef __AMX_BF16__
#include <omp.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

struct Product {
    const void* weight;    // [outputs / 16][inputs][16]; of bfloat16, with tiles, [outputs / 16][inputs / 2][16][2]
    const float* factors;  // of each output; null: 1
    const float* bias;     // null: 0
    int64_t inputs;        // a multiple of 32
    int64_t outputs;       // a multiple of 32: filled up with zeros
};

inline Lanes finished(const Product& product, int64_t output, Lanes sums) {
    if (product.factors) sums *= load(product.factors + output);
    return product.bias ? sums + load(product.bias + output) : sums;
}

// So many rows times two panels, in registers.
template <int kRows, class Number, class Weight, class Emit>
void multiply_rows(const Product& product, const Number* rows, int64_t row, int64_t output, Emit emit) {
    const int64_t inputs = product.inputs;
    const Weight* first = static_cast<const Weight*>(product.weight) + output * inputs;
    const Weight* second = first + kLanes * inputs;
    const Number* from = rows + row * inputs;
    Lanes sums[kRows][2] = {};
    for (int64_t input = 0; input < inputs; ++input) {
        const Lanes weights[2] = {load(first + input * kLanes), load(second + input * kLanes)};
#pragma GCC unroll 12
        for (int r = 0; r < kRows; ++r) {
            const Lanes x = all(widen(from[r * inputs + input]));
            sums[r][0] += x * weights[0];
            sums[r][1] += x * weights[1];
        }
    }
    for (int r = 0; r < kRows; ++r)
        for (int panel = 0; panel < 2; ++panel)
            emit(row + r, output + panel * kLanes, finished(product, output + panel * kLanes, sums[r][panel]));
}

template <class Number, class Weight, class Emit>
void multiply_by_lanes(const Product& product, const Number* rows, int64_t num_rows, int threads, Emit emit) {
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (int64_t output = 0; output < product.outputs; output += 2 * kLanes) {
        int64_t row = 0;
        for (; row + 12 <= num_rows; row += 12) multiply_rows<12, Number, Weight>(product, rows, row, output, emit);
        for (; row + 4 <= num_rows; row += 4) multiply_rows<4, Number, Weight>(product, rows, row, output, emit);
        for (; row < num_rows; ++row) multiply_rows<1, Number, Weight>(product, rows, row, output, emit);
    }
}

#ifdef __AMX_BF16__

// Tiles of sixteen rows by sixteen outputs (Intel AMX): sums in 0 to 3, activations in 4 and 5, weights in 6 and 7.
inline bool may_use_tiles() {
    constexpr long kRequest = 0x1023, kTileData = 18;
    return syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
}

inline void shape_tiles(int64_t rows) {
    struct alignas(64) {
        uint8_t palette = 1, start = 0, reserved[14] = {};
        uint16_t bytes[16] = {};
        uint8_t rows[16] = {};
    } shape;
    for (int tile = 0; tile < 8; ++tile) {
        shape.bytes[tile] = 64;
        shape.rows[tile] = tile < 6 ? uint8_t(rows) : 16;
    }
    _tile_loadconfig(&shape);
}

inline const bfloat16* in_bfloat16(const bfloat16* panels, int64_t, bfloat16*) { return panels; }

// Eight-bit weights are whole numbers that bfloat16 holds exactly; their factors follow after the sum. Two inputs of an
// output become neighbours.
inline const bfloat16* in_bfloat16(const int8_t* panels, int64_t size, bfloat16* wide) {
    for (int64_t i = 0; i < size; i += 2 * kLanes) {
        const Bits even = (Bits)load(panels + i), odd = (Bits)load(panels + i + kLanes), pairs = (even >> 16) | odd;
        std::memcpy(wide + i, &pairs, sizeof pairs);
    }
    return wide;
}

// Room for what all threads widen, asked for before they begin: memory that runs out between threads ends the process.
inline bfloat16* room_to_widen(int64_t size) {
    static thread_local std::vector<bfloat16> room;
    if (int64_t(room.size()) < size) room.resize(size);
    return room.data();
}

// One row alone waits for its weights, so it reads the eight bits and nothing else. It adds up as tiles do, inputs with
// even and with odd numbers apart, thirty-two at a time: the sums are the same, to the bit.
inline void multiply_row(const float* row, const int8_t* panels, int64_t inputs, Lanes (&sums)[2]) {
    const int8_t* const begin[2] = {panels, panels + kLanes * inputs};
    for (int64_t first = 0; first < inputs; first += 32) {
        Lanes apart[2][2] = {};
        for (int64_t input = first; input < first + 32; input += 2)
            for (int panel = 0; panel < 2; ++panel)
                for (int odd = 0; odd < 2; ++odd)
                    apart[panel][odd] += load(begin[panel] + (input + odd) * kLanes) * row[input + odd];
        for (int panel = 0; panel < 2; ++panel) sums[panel] += apart[panel][0] + apart[panel][1];
    }
}

template <bool kTwo>
void multiply_tiles(const bfloat16* upper, const bfloat16* lower, const bfloat16* panels, int64_t inputs, float* sums) {
    const bfloat16* second = panels + kLanes * inputs;
    _tile_zero(0);
    _tile_zero(1);
    if (kTwo) {
        _tile_zero(2);
        _tile_zero(3);
    }
    for (int64_t input = 0; input < inputs; input += 32) {
        _tile_loadd(6, panels + input * kLanes, 64);
        _tile_loadd(7, second + input * kLanes, 64);
        _tile_loadd(4, upper + input, inputs * 2);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        if (kTwo) {
            _tile_loadd(5, lower + input, inputs * 2);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
    }
    _tile_stored(0, sums, 128);
    _tile_stored(1, sums + 16, 128);
    if (kTwo) {
        _tile_stored(2, sums + 512, 128);
        _tile_stored(3, sums + 528, 128);
    }
}

// Two panels times all rows. The last tiles reach back over rows that are done: these come out once more, and are not
// emitted again.
template <class Emit>
void multiply_panels(const bfloat16* panels, int64_t inputs, const bfloat16* rows, int64_t num_rows, Emit emit) {
    alignas(64) float sums[32 * 32];
    const int64_t height = num_rows < 16 ? num_rows : 16;
    const auto emit_tile = [&](int64_t first, int64_t from, const float* tile) {
        for (int64_t row = from; row < first + height; ++row)
            for (int64_t panel = 0; panel < 2 * kLanes; panel += kLanes)
                emit(row, panel, load(tile + (row - first) * 32 + panel));
    };
    for (int64_t row = 0; row < num_rows; row += 32) {
        const int64_t upper = num_rows - row >= 32 ? row : (num_rows >= 32 ? num_rows - 32 : 0);
        const int64_t lower = num_rows >= 32 ? upper + 16 : num_rows - height;
        const bfloat16* from = rows + upper * inputs;
        if (lower > 0) {
            multiply_tiles<true>(from, rows + lower * inputs, panels, inputs, sums);
        } else {
            multiply_tiles<false>(from, from, panels, inputs, sums);
        }
        emit_tile(upper, row, sums);
        if (lower > 0) emit_tile(lower, std::max(row, upper + height), sums + 512);
    }
}

template <class Emit>
void multiply_one_row(const Product& product, const bfloat16* row, int threads, Emit emit) {
    static thread_local std::vector<float> wide_of_this_thread;
    std::vector<float>& wide = wide_of_this_thread;
    wide.resize(product.inputs);
    for (int64_t i = 0; i < product.inputs; i += kLanes) store(wide.data() + i, load(row + i));
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (int64_t output = 0; output < product.outputs; output += 2 * kLanes) {
        Lanes sums[2] = {};
        multiply_row(wide.data(), static_cast<const int8_t*>(product.weight) + output * product.inputs, product.inputs, sums);
        for (int panel = 0; panel < 2; ++panel)
            emit(0, output + panel * kLanes, finished(product, output + panel * kLanes, sums[panel]));
    }
}

template <class Weight, class Emit>
void multiply_by_tiles(const Product& product, const bfloat16* rows, int64_t num_rows, int threads, Emit emit) {
    const int64_t inputs = product.inputs, size = 2 * kLanes * inputs;
    const int64_t widened = std::is_same<Weight, int8_t>::value ? size : 0;
    bfloat16* const room = room_to_widen(threads * widened);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        bfloat16* const wide = room + omp_get_thread_num() * widened;
        shape_tiles(num_rows < 16 ? num_rows : 16);
#pragma omp for
        for (int64_t output = 0; output < product.outputs; output += 2 * kLanes) {
            const Weight* weights = static_cast<const Weight*>(product.weight) + output * inputs;
            const bfloat16* panels = in_bfloat16(weights, size, wide);
            multiply_panels(panels, inputs, rows, num_rows, [&](int64_t row, int64_t panel, Lanes sums) {
                emit(row, output + panel, finished(product, output + panel, sums));
            });
        }
        _tile_release();
    }
}

#else

inline bool may_use_tiles() { return false; }

#endif

template <class Weight, class Emit>
void multiply(const Product& product, const float* rows, int64_t num_rows, int threads, Emit emit) {
    multiply_by_lanes<float, Weight>(product, rows, num_rows, threads, emit);
}

template <class Weight, class Emit>
void multiply(const Product& product, const bfloat16* rows, int64_t num_rows, int threads, Emit emit) {
#ifdef __AMX_BF16__
    if (std::is_same<Weight, int8_t>::value && num_rows == 1) {
        multiply_one_row(product, rows, threads, emit);
    } else {
        multiply_by_tiles<Weight>(product, rows, num_rows, threads, emit);
    }
#else
    multiply_by_lanes<bfloat16, Weight>(product, rows, num_rows, threads, emit);
#endif
}

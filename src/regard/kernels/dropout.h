// Dropout from a seed: which cells are dropped follows from the seed and the cell's number alone, so that the gradient
// computes it anew instead of reading it from memory.
//
// Cell n belongs to byte n % 8 of word n / 8; word w is SplitMix64 (Steele et al. 2014) at its w-th step from the seed.
#pragma once
#include <algorithm>

#include "arithmetic.h"

constexpr int64_t kCells = 64;         // of one vector of words
constexpr int64_t kCellsOfTask = 4096;  // a multiple of it
typedef uint64_t Words __attribute__((vector_size(64)));

inline Words random_words(uint64_t seed, uint64_t first) {
    Words z = (first + 1 + Words{0, 1, 2, 3, 4, 5, 6, 7}) * 0x9e3779b97f4a7c15ull + seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

inline Whole whole_of(const uint8_t* from) {
#ifdef __AVX512F__
    return (Whole)_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
#else
    typedef uint8_t Quarter __attribute__((vector_size(16)));
    return __builtin_convertvector(load_as<Quarter>(from), Whole);
#endif
}

struct Drop {
    uint64_t seed;
    int32_t levels;  // of 256 that are dropped
    float scale;     // of what is kept

    void factors(int64_t block, Lanes (&to)[kCells / kLanes]) const {
        const Words words = random_words(seed, uint64_t(block) * 8);
        uint8_t bytes[kCells];
        std::memcpy(bytes, &words, sizeof bytes);
#pragma GCC unroll 4
        for (int part = 0; part < kCells / kLanes; ++part)
            to[part] = whole_of(bytes + part * kLanes) >= levels ? all(scale) : Lanes{};
    }
};

// to = residual + vectors ⊙ factors, or without the residual where there is none.
template <class Number>
void drop_block(const Drop& drop, const Number* residual, const Number* vectors, Number* to, int64_t block) {
    Lanes factors[kCells / kLanes];
    drop.factors(block, factors);
#pragma GCC unroll 4
    for (int part = 0; part < kCells / kLanes; ++part) {
        const int64_t at = block * kCells + part * kLanes;
        const Lanes kept = load(vectors + at) * factors[part];
        store(to + at, residual ? load(residual + at) + kept : kept);
    }
}

template <class Number>
void drop_rest(const Drop& drop, const Number* residual, const Number* vectors, Number* to, int64_t cells) {
    const int64_t block = cells / kCells;
    float factors[kCells];
    Lanes parts[kCells / kLanes];
    drop.factors(block, parts);
    std::memcpy(factors, parts, sizeof factors);
    for (int64_t at = block * kCells; at < cells; ++at) {
        const float kept = widen(vectors[at]) * factors[at - block * kCells];
        to[at] = narrow<Number>(residual ? widen(residual[at]) + kept : kept);
    }
}

template <class Number>
void drop(const Drop& drop, const Number* residual, const Number* vectors, Number* to, int64_t cells, int threads) {
    const int64_t blocks = cells / kCells, together = kCellsOfTask / kCells;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t first = 0; first < blocks; first += together)
        for (int64_t block = first; block < std::min(blocks, first + together); ++block)
            drop_block(drop, residual, vectors, to, block);
    if (blocks * kCells < cells) drop_rest(drop, residual, vectors, to, cells);
}

// Queries look at remembered cells: scores, softmax, and the values mixed by their weights.
//
// Sixteen cells at a time are looked at by all heads, so that memory is read in the order in which it lies. Beams of one
// sentence that look at the same sixteen cells read them once for all; the numbers are those each would get alone, to the
// bit.
#pragma once
#include <algorithm>
#include <type_traits>

#include "arithmetic.h"

// What some queries look at: for query q, cell i begins `cells[q * cells_apart + i]` behind `keys` and `values`. Queries
// and contexts stand `query_apart` and `dim` numbers apart.
template <class Number>
struct View {
    const Number* queries;
    int64_t query_apart;
    const Number* keys;
    const Number* values;
    const int64_t* cells;
    int64_t cells_apart;
    int64_t count;
    Number* contexts;
};

struct Heads {
    int64_t dim;
    int64_t head_dim;
    float scale;

    int64_t count() const { return dim / head_dim; }
};

constexpr int kMostTogether = 5;
constexpr int64_t kCellsAhead = 16;  // so far ahead a cell is fetched, which may come from far away

// `together` queries; features are read in groups of `wide` times sixteen.
template <int wide, int together, class Number>
struct Look {
    static constexpr int64_t kGroup = wide * kLanes, kLine = 64 / sizeof(Number);
    const Heads& heads;
    const View<Number>& view;
    const int64_t first_query;
    float* const weights;  // [query][head][rounded cells]
    float* const mixed;    // [query][dim]
    const int64_t rounded = rounded_up(view.count);

    const Number* query(int number) const { return view.queries + (first_query + number) * view.query_apart; }
    const int64_t* cells(int number) const { return view.cells + (first_query + number) * view.cells_apart; }
    float* weight(int number, int64_t head) const { return weights + (number * heads.count() + head) * rounded; }

    bool is_same(int64_t first, int64_t end) const {
        if (!view.cells_apart) return true;
        for (int number = 1; number < together; ++number)
            if (!std::equal(cells(0) + first, cells(0) + end, cells(number) + first)) return false;
        return true;
    }

    // Calls `work` for blocks of sixteen cells: once for all queries if they look at the same ones, else once for each.
    template <class Work>
    void by_blocks(const Work& work) const {
        for (int64_t first = 0; first < view.count; first += kLanes) {
            const int64_t end = std::min(first + kLanes, view.count);
            if (is_same(first, end)) {
                work(std::integral_constant<int, together>{}, 0, first, end);
            } else {
                for (int number = 0; number < together; ++number)
                    work(std::integral_constant<int, 1>{}, number, first, end);
            }
        }
    }

    template <int some>
    void score(int number, int64_t first, int64_t end) const {
        const int64_t* own = cells(number);
        for (int64_t head = 0; head < heads.count(); ++head) {
            Lanes products[some][kLanes] = {};
            const int64_t begin = head * heads.head_dim;
            for (int64_t i = first; i < end; ++i) {
                const Number* key = view.keys + own[i] + begin;
                const Number* later = view.keys + own[std::min(i + kCellsAhead, view.count - 1)] + begin;
                for (int64_t d = 0; d < heads.head_dim; d += kLine) __builtin_prefetch(later + d);
                Lanes sums[some] = {};
                for (int64_t d = 0; d < heads.head_dim; d += kGroup)
#pragma GCC unroll 8
                    for (int q = 0; q < some; ++q)
                        sums[q] = add_products<wide>(sums[q], query(number + q) + begin + d, key + d);
#pragma GCC unroll 8
                for (int q = 0; q < some; ++q) products[q][i - first] = sums[q];
            }
            for (int q = 0; q < some; ++q) store(weight(number + q, head) + first, sums_of(products[q]) * heads.scale);
        }
    }

    template <int some>
    void mix(int number, int64_t first, int64_t end) const {
        const int64_t* own = cells(number);
        float* to = mixed + number * heads.dim;
        for (int64_t d = 0; d < heads.dim; d += kGroup) {
            const float* row = weight(number, d / heads.head_dim);
            const int64_t apart = heads.count() * rounded;
            Group<wide> sums[some];
#pragma GCC unroll 8
            for (int q = 0; q < some; ++q) sums[q] = load_group<wide>(static_cast<const float*>(to + q * heads.dim + d));
            for (int64_t i = first; i < end; ++i) {
                __builtin_prefetch(view.values + own[std::min(i + kCellsAhead, view.count - 1)] + d);
                const Group<wide> value = load_group<wide>(view.values + own[i] + d);
#pragma GCC unroll 8
                for (int q = 0; q < some; ++q)
#pragma GCC unroll 2
                    for (int part = 0; part < wide; ++part) sums[q].part[part] += value.part[part] * row[q * apart + i];
            }
#pragma GCC unroll 8
            for (int q = 0; q < some; ++q) store_group(to + q * heads.dim + d, sums[q]);
        }
    }

    void run() const {
        by_blocks([&](auto some, int number, int64_t first, int64_t end) { score<some()>(number, first, end); });
        for (int64_t row = 0; row < together * heads.count(); ++row) softmax(weights + row * rounded, view.count);
        std::fill(mixed, mixed + together * heads.dim, 0.f);
        by_blocks([&](auto some, int number, int64_t first, int64_t end) { mix<some()>(number, first, end); });
        for (int64_t d = 0; d < together * heads.dim; d += kGroup)
            store_group(view.contexts + first_query * heads.dim + d,
                        load_group<wide>(static_cast<const float*>(mixed + d)));
    }
};

template <int wide, int together, class Number>
void look_together(const Heads& heads, const View<Number>& view, int64_t first, int64_t count, float* weights,
                   float* mixed) {
    if constexpr (together > 1) {
        if (count < together) return look_together<wide, together - 1>(heads, view, first, count, weights, mixed);
    }
    Look<wide, together, Number>{heads, view, first, weights, mixed}.run();
}

// `queries` of them look. There must be room for kMostTogether queries: in `weights` for a number per head and cell, those
// rounded up to whole sixteens; in `mixed` for a vector each.
template <class Number>
void look_at(const Heads& heads, const View<Number>& view, int64_t queries, float* weights, float* mixed) {
    const bool is_wide = heads.head_dim % (2 * kLanes) == 0;
    for (int64_t first = 0; first < queries; first += kMostTogether) {
        const int64_t count = std::min<int64_t>(kMostTogether, queries - first);
        if (is_wide) {
            look_together<2, kMostTogether>(heads, view, first, count, weights, mixed);
        } else {
            look_together<1, kMostTogether>(heads, view, first, count, weights, mixed);
        }
    }
}

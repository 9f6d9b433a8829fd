// The four steps of attention and their gradient, head by head: all of a head stays in a core's cache.
//
//     scores = scale · queries keysᵀ      weights = softmax over the keys that may be seen      context = weights values
//
// Heads are read where they lie. A hidden cell has weight exactly 0; a query that may look at nothing has weights, context
// and gradient 0; a key that no query may look at counts as 0, whatever stands there.
#pragma once
#include <omp.h>

#include <algorithm>

#include "small_product.h"

struct Places {  // steps between batch rows, heads and positions; a vector's cells lie side by side
    int64_t batch, head, position;
};

struct Allowed {
    const uint8_t* cells;  // 1 = may look; null: every query may look at every key
    int64_t batch, head, query, key;
};

template <class Number>
struct Vectors {
    Number* cells;
    Places step;

    Number* of(int64_t row, int64_t head) const { return cells + row * step.batch + head * step.head; }
};

// Zeros of one thread, handed out part by part. They come from Python, whose allocator says where memory runs out.
struct Room {
    float* rest;

    float* take(int64_t cells) {
        float* part = rest;
        rest += cells;
        return part;
    }
};

// What a mask says of one head.
struct Sight {
    int64_t queries, keys, rounded;
    float* hidden;  // [query][rounded keys]: 0, or minus infinity
    float* blind;   // queries: 1 = looks at nothing
    float* unseen;  // keys: 1 = no query looks at it
    const uint8_t* known = nullptr;

    Sight(int64_t queries, int64_t keys, int64_t rounded, Room& room)
        : queries(queries), keys(keys), rounded(rounded), hidden(room.take(queries * rounded)),
          blind(room.take(queries)), unseen(room.take(keys)) {}
    static int64_t size(int64_t queries, int64_t keys, int64_t rounded) { return queries * (rounded + 1) + keys; }

    void look(const Allowed& allowed, int64_t row, int64_t head) {
        const uint8_t* cells = allowed.cells + row * allowed.batch + head * allowed.head;
        if (cells == known) return;
        known = cells;
        std::fill(hidden, hidden + queries * rounded, -std::numeric_limits<float>::infinity());
        std::fill(blind, blind + queries, 1.f);
        std::fill(unseen, unseen + keys, 1.f);
        for (int64_t q = 0; q < queries; ++q)
            for (int64_t k = 0; k < keys; ++k)
                if (cells[q * allowed.query + k * allowed.key]) hidden[q * rounded + k] = blind[q] = unseen[k] = 0;
    }
};

template <class Number>
struct Attention {
    Vectors<const Number> queries, keys, values;
    Allowed allowed;
    float* weights;  // [batch][head][query][rounded keys]
    float* rooms;    // [thread][room]
    int64_t batch, heads, num_queries, num_keys, head_dim;
    float scale;

    int64_t rounded() const { return rounded_up(num_keys); }
    float* weights_of(int64_t row, int64_t head) const {
        return weights + (row * heads + head) * num_queries * rounded();
    }

    void forward(const Vectors<Number>& context, int threads) const;
    void backward(const Vectors<const Number>& upstream, const Vectors<Number>& to_queries,
                  const Vectors<Number>& to_keys, const Vectors<Number>& to_values, int threads) const;
};

// One thread's room, and the work on one head.
template <class Number>
struct Head {
    const Attention<Number>& all_heads;
    const int64_t queries = all_heads.num_queries, keys = all_heads.num_keys, dim = all_heads.head_dim;
    const int64_t rounded = all_heads.rounded();
    Room room;
    Sight sight;
    float *q, *k, *v, *turned, *scores;
    float* filled_up;  // what is hidden where nothing is: cells beyond the last key

    Head(const Attention<Number>& attention, int thread)
        : all_heads(attention), room{attention.rooms + thread * size(queries, keys, dim)},
          sight(queries, keys, rounded, room), q(room.take(queries * dim)), k(room.take(keys * dim)),
          v(room.take(keys * dim)), turned(room.take(dim * rounded)), scores(room.take(queries * rounded)),
          filled_up(room.take(rounded)) {
        std::fill(filled_up + keys, filled_up + rounded, -std::numeric_limits<float>::infinity());
    }
    static int64_t size(int64_t queries, int64_t keys, int64_t dim) {
        const int64_t rounded = rounded_up(keys);
        return Sight::size(queries, keys, rounded) + queries * (dim + rounded) + 2 * keys * dim + (dim + 1) * rounded;
    }

    void look(int64_t row, int64_t head) {
        if (all_heads.allowed.cells) sight.look(all_heads.allowed, row, head);
    }
    bool is_blind(int64_t query) const { return all_heads.allowed.cells && sight.blind[query] != 0; }
    bool is_unseen(int64_t key) const { return all_heads.allowed.cells && sight.unseen[key] != 0; }

    void widen_vectors(const Number* from, int64_t step, int64_t count, float* to, float factor = 1.f) const {
        for (int64_t i = 0; i < count; ++i)
            for (int64_t c = 0; c < dim; c += kLanes) store(to + i * dim + c, load(from + i * step + c) * factor);
    }
    void widen_seen(const Vectors<const Number>& from, int64_t row, int64_t head, float* to) const {
        widen_vectors(from.of(row, head), from.step.position, keys, to);
        for (int64_t key = 0; key < keys; ++key)
            if (is_unseen(key)) std::fill(to + key * dim, to + (key + 1) * dim, 0.f);
    }
    void clear(Number* to) const {
        for (int64_t c = 0; c < dim; c += kLanes) store(to + c, Lanes{});
    }

    void weigh(float* weights) const {
        for (int64_t query = 0; query < queries; ++query) {
            float* row = weights + query * rounded;
            if (is_blind(query)) {
                std::fill(row, row + rounded, 0.f);
                continue;
            }
            weigh_row(row, all_heads.allowed.cells ? sight.hidden + query * rounded : filled_up);
        }
    }

    // Softmax of a row, minus infinity taken where something is hidden.
    void weigh_row(float* row, const float* hidden) const {
        Lanes most = all(-std::numeric_limits<float>::infinity());
        for (int64_t c = 0; c < rounded; c += kLanes) {
            const Lanes dark = load(hidden + c), seen = dark == 0.f ? load(row + c) : dark;
            store(row + c, seen);
            most = larger(seen, most);
        }
        softmax_below(row, rounded, largest(most));
    }

    void forward(int64_t row, int64_t head, const Vectors<Number>& context) {
        look(row, head);
        widen_vectors(all_heads.queries.of(row, head), all_heads.queries.step.position, queries, q,
                      all_heads.scale);
        widen_seen(all_heads.keys, row, head, k);
        widen_seen(all_heads.values, row, head, v);
        transposed(k, keys, dim, turned, rounded);
        float* weights = all_heads.weights_of(row, head);
        small_product({q, dim, 1}, queries, turned, rounded, dim, rounded, weights, rounded);
        weigh(weights);
        Number* to = context.of(row, head);
        small_product({weights, rounded, 1}, queries, v, dim, keys, dim, to, context.step.position);
        for (int64_t query = 0; query < queries; ++query)
            if (is_blind(query)) clear(to + query * context.step.position);
    }

    // weights ⊙ (d weights - Σ weights ⊙ d weights) · scale
    void gradient_of_scores(const float* weights) {
        for (int64_t query = 0; query < queries; ++query) {
            float* row = scores + query * rounded;
            const float* weight = weights + query * rounded;
            Lanes total{};
            for (int64_t c = 0; c < rounded; c += kLanes) total += load(weight + c) * load(row + c);
            const float along = sum(total);
            for (int64_t c = 0; c < rounded; c += kLanes)
                store(row + c, load(weight + c) * (load(row + c) - along) * all_heads.scale);
            if (is_blind(query)) std::fill(row, row + rounded, 0.f);
        }
    }

    void backward(int64_t row, int64_t head, const Vectors<const Number>& upstream, const Vectors<Number>& to_queries,
                  const Vectors<Number>& to_keys, const Vectors<Number>& to_values) {
        look(row, head);
        const float* weights = all_heads.weights_of(row, head);
        widen_vectors(upstream.of(row, head), upstream.step.position, queries, q);
        widen_seen(all_heads.values, row, head, v);
        transposed(v, keys, dim, turned, rounded);
        small_product({q, dim, 1}, queries, turned, rounded, dim, rounded, scores, rounded);
        gradient_of_scores(weights);
        const int64_t step = to_values.step.position;
        small_product({weights, 1, rounded}, keys, q, dim, queries, dim, to_values.of(row, head), step);
        widen_seen(all_heads.keys, row, head, k);
        small_product({scores, rounded, 1}, queries, k, dim, keys, dim, to_queries.of(row, head),
                      to_queries.step.position);
        widen_vectors(all_heads.queries.of(row, head), all_heads.queries.step.position, queries, q);
        small_product({scores, 1, rounded}, keys, q, dim, queries, dim, to_keys.of(row, head),
                      to_keys.step.position);
        for (int64_t key = 0; key < keys; ++key)
            if (is_unseen(key)) {
                clear(to_keys.of(row, head) + key * to_keys.step.position);
                clear(to_values.of(row, head) + key * step);
            }
    }
};

template <class Number>
void Attention<Number>::forward(const Vectors<Number>& context, int threads) const {
#pragma omp parallel num_threads(threads)
    {
        Head<Number> work(*this, omp_get_thread_num());
#pragma omp for schedule(static)
        for (int64_t row = 0; row < batch; ++row)
            for (int64_t head = 0; head < heads; ++head) work.forward(row, head, context);
    }
}

template <class Number>
void Attention<Number>::backward(const Vectors<const Number>& upstream, const Vectors<Number>& to_queries,
                                 const Vectors<Number>& to_keys, const Vectors<Number>& to_values, int threads) const {
#pragma omp parallel num_threads(threads)
    {
        Head<Number> work(*this, omp_get_thread_num());
#pragma omp for schedule(static)
        for (int64_t row = 0; row < batch; ++row)
            for (int64_t head = 0; head < heads; ++head)
                work.backward(row, head, upstream, to_queries, to_keys, to_values);
    }
}

// The Transformer as translating needs it: reading sentences, and one step of the decoder for many rows.
//
// Vectors between blocks are float32; what enters a product, and what is remembered, is `Number`. The structures mirror
// those of `packing.py`, field by field.
#pragma once
#include "attend.h"
#include "product.h"

struct Attention {
    Norm norm;
    Product project;  // to itself: queries, keys and values side by side; to the source: queries
    Product output;
};

struct Layer {
    Attention self;
    Attention cross;
    Product memory;  // keys and values of the source, side by side
    Norm norm;
    Product expand;
    Product contract;
};

struct Network {
    int64_t vocab;
    int64_t dim;
    int64_t num_heads;
    int64_t hidden;
    int64_t is_pre_norm;
    int64_t is_swish;  // else the rectifier
    double scale;      // of scores
    double factor;     // of embeddings
    int64_t encoder_layers;
    int64_t decoder_layers;
    const Layer* encoder;
    const Layer* decoder;
    const void* source_table;
    const void* target_table;
    const float* source_positions;
    const float* target_positions;
    Norm source_norm;
    Norm target_norm;
    Norm encoder_norm;
    Norm decoder_norm;
    Product logits;
    const void* pieces;  // the same weights, [vocab][dim]
};

// Which pieces to score: row `sentence[s]` of [.][width] ids for sentence s. Null: the whole vocabulary.
struct Choice {
    const int64_t* pieces;
    int64_t width;
    const int64_t* sentence;
};

// What was read, without padding: [decoder layer][keys, values][token][dim]. Sentence s begins at first[s].
struct Memory {
    void* cells;
    int64_t num_tokens;
    const int64_t* first;
    const int64_t* lengths;
};

// What was written: [decoder layer][keys, values][slot][step][beam][dim]; sentence s has slot[s]. Of the first
// `num_known` steps, `ancestors[sentence][beam][step]` says which beam's cell a beam descends from.
struct Cache {
    void* cells;
    int64_t num_slots;
    int64_t capacity;
    int64_t beams;
    const int64_t* slot;
    const int64_t* ancestors;
    int64_t num_known;
};

template <class Number>
struct Scratch {
    std::vector<float> vectors, weights, mixed;
    std::vector<Number> inner, projected, hidden;
    std::vector<Number*> cells;
    std::vector<int64_t> seen, side_by_side;

    // Room for so many rows, of which each looks at so many cells at most. Cells side by side are `apart` numbers apart.
    static Scratch& of_this_thread(const Network& network, int64_t rows, int64_t most_keys, int64_t apart) {
        static thread_local Scratch scratch;
        const auto at_least = [](auto& buffer, int64_t size) {
            if (int64_t(buffer.size()) < size) buffer.resize(size);
        };
        at_least(scratch.vectors, rows * network.dim);
        at_least(scratch.inner, rows * network.dim);
        at_least(scratch.projected, rows * network.dim * 3);
        at_least(scratch.hidden, rows * network.hidden);
        at_least(scratch.cells, rows);
        at_least(scratch.mixed, network.dim * kMostTogether);
        at_least(scratch.weights, (most_keys + kLanes) * network.num_heads * kMostTogether);
        scratch.side_by_side.resize(most_keys);
        for (int64_t i = 0; i < most_keys; ++i) scratch.side_by_side[i] = i * apart;
        return scratch;
    }
};

template <class Number, class Weight>
struct Engine {
    const Network& network;
    Scratch<Number>& scratch;
    const int64_t rows;
    const int threads;
    const int64_t dim = network.dim;
    const Heads heads{dim, dim / network.num_heads, float(network.scale)};
    float* const vectors = scratch.vectors.data();
    Number* const inner = scratch.inner.data();

    void embed(int64_t row, const void* table, const float* positions, const Norm& norm, int64_t token, int64_t position) {
        const Number* piece = static_cast<const Number*>(table) + token * dim;
        float* vector = vectors + row * dim;
        for (int64_t d = 0; d < dim; d += kLanes) {
            Lanes value = load(piece + d) * float(network.factor);
            if (positions) value += load(positions + position * dim + d);
            store(vector + d, value);
        }
        if (norm.weight) normalise(norm, vector, dim, vector);
    }

    // What a block reads: the normalised vectors, or (post-norm) the vectors as they are.
    void enter(const Norm& norm, bool is_normed) {
        for (int64_t row = 0; row < rows; ++row) {
            const float* vector = vectors + row * dim;
            if (is_normed) {
                normalise(norm, vector, dim, inner + row * dim);
            } else {
                for (int64_t d = 0; d < dim; d += kLanes) store(inner + row * dim + d, load(vector + d));
            }
        }
    }

    // Adds what a block gives; post-norm normalises the sum.
    void leave(const Product& output, const Number* from, const Norm& norm) {
        multiply<Weight>(output, from, rows, threads, [&](int64_t row, int64_t d, Lanes value) {
            store(vectors + row * dim + d, load(vectors + row * dim + d) + value);
        });
        if (network.is_pre_norm) return;
        for (int64_t row = 0; row < rows; ++row) normalise(norm, vectors + row * dim, dim, vectors + row * dim);
    }

    void feed_forward(const Layer& layer) {
        Number* hidden = scratch.hidden.data();
        enter(layer.norm, network.is_pre_norm);
        multiply<Weight>(layer.expand, inner, rows, threads, [&](int64_t row, int64_t d, Lanes value) {
            const Lanes active = network.is_swish ? value / (exponential(-value) + 1.f) : larger(value, Lanes{});
            store(hidden + row * network.hidden + d, value == value ? active : value);
        });
        leave(layer.contract, hidden, layer.norm);
    }

    // What the next sentence looks at comes from far away, and would be waited for: it is fetched ahead.
    void fetch(const Number* keys, int64_t to_values, int64_t count) const {
        constexpr int64_t kLine = 64 / sizeof(Number);
        for (int64_t i = 0; i < count * dim; i += kLine) {
            __builtin_prefetch(keys + i, 0, 2);
            __builtin_prefetch(keys + to_values + i, 0, 2);
        }
    }

    // Rows from `row` on look; their contexts take the place of what they read.
    void look(int64_t row, int64_t queries, View<Number> view) {
        view.contexts = inner + row * dim;
        look_at(heads, view, queries, scratch.weights.data(), scratch.mixed.data());
    }

    // Sentences side by side: `first[s]` to `first[s + 1]` are its rows.
    void encoder_layer(const Layer& layer, const std::vector<int64_t>& first) {
        Number* projected = scratch.projected.data();
        const int64_t width = 3 * dim;
        enter(layer.self.norm, network.is_pre_norm);
        multiply<Weight>(layer.self.project, inner, rows, threads,
                         [&](int64_t row, int64_t d, Lanes value) { store(projected + row * width + d, value); });
        for (size_t s = 0; s + 1 < first.size(); ++s) {
            const Number* own = projected + first[s] * width;
            const int64_t count = first[s + 1] - first[s];
            look(first[s], count, {own, width, own + dim, own + 2 * dim, scratch.side_by_side.data(), 0, count});
        }
        leave(layer.self.output, inner, layer.self.norm);
        feed_forward(layer);
    }

    void remember(const Product& product, Number* keys, Number* values) {
        multiply<Weight>(product, inner, rows, threads, [&](int64_t row, int64_t d, Lanes value) {
            store(d < dim ? keys + row * dim + d : values + row * dim + d - dim, value);
        });
    }

    // Where the cells lie that each row descends from, in the slot of its sentence.
    void see_ancestors(const Cache& cache, int64_t position) {
        if (int64_t(scratch.seen.size()) < rows * (position + 1)) scratch.seen.resize(2 * rows * (position + 1));
        int64_t* seen = scratch.seen.data();
        for (int64_t row = 0; row < rows; ++row) {
            const int64_t* ancestors = cache.ancestors + row * cache.num_known;
            for (int64_t step = 0; step <= position; ++step)
                *seen++ = (step * cache.beams + (step < cache.num_known ? ancestors[step] : row % cache.beams)) * dim;
        }
    }

    void look_at_itself(const Layer& layer, const Cache& cache, int64_t number, int64_t position) {
        const int64_t beams = cache.beams, slot_size = cache.capacity * beams * dim;
        Number* keys = static_cast<Number*>(cache.cells) + 2 * number * cache.num_slots * slot_size;
        const int64_t to_values = cache.num_slots * slot_size;
        Number* queries = scratch.projected.data();
        for (int64_t row = 0; row < rows; ++row)
            scratch.cells[row] = keys + cache.slot[row / beams] * slot_size + (position * beams + row % beams) * dim;
        enter(layer.self.norm, network.is_pre_norm);
        multiply<Weight>(layer.self.project, inner, rows, threads, [&](int64_t row, int64_t d, Lanes value) {
            Number* cell = scratch.cells[row];
            store(d < dim ? queries + row * dim + d : d < 2 * dim ? cell + d - dim : cell + to_values + d - 2 * dim, value);
        });
        for (int64_t row = 0; row < rows; row += beams) {
            const Number* own = keys + cache.slot[row / beams] * slot_size;
            if (row + beams < rows)
                fetch(keys + cache.slot[row / beams + 1] * slot_size, to_values, (position + 1) * beams);
            const int64_t* seen = scratch.seen.data() + row * (position + 1);
            look(row, beams, {queries + row * dim, dim, own, own + to_values, seen, position + 1, position + 1});
        }
        leave(layer.self.output, inner, layer.self.norm);
    }

    void look_at_source(const Layer& layer, const Memory& memory, int64_t number, int64_t beams) {
        const int64_t to_values = memory.num_tokens * dim;
        const Number* keys = static_cast<const Number*>(memory.cells) + 2 * number * to_values;
        Number* queries = scratch.projected.data();
        enter(layer.cross.norm, network.is_pre_norm);
        multiply<Weight>(layer.cross.project, inner, rows, threads,
                         [&](int64_t row, int64_t d, Lanes value) { store(queries + row * dim + d, value); });
        for (int64_t row = 0; row < rows; row += beams) {
            const int64_t sentence = row / beams, *side_by_side = scratch.side_by_side.data();
            const Number* own = keys + memory.first[sentence] * dim;
            if (row + beams < rows)
                fetch(keys + memory.first[sentence + 1] * dim, to_values, memory.lengths[sentence + 1]);
            look(row, beams, {queries + row * dim, dim, own, own + to_values, side_by_side, 0, memory.lengths[sentence]});
        }
        leave(layer.cross.output, inner, layer.cross.norm);
    }

    // The logits of some pieces: `ids` of them.
    void score(const Number* row, const int64_t* ids, int64_t count, float* logits) const {
        const Weight* weights = static_cast<const Weight*>(network.pieces);
        for (int64_t first = 0; first < count; first += kLanes) {
            const int64_t some = std::min(kLanes, count - first);
            Lanes products[kLanes] = {};
            for (int64_t i = 0; i < some; ++i) {
                if (first + i + kLanes < count) __builtin_prefetch(weights + ids[first + i + kLanes] * dim);
                const Weight* weight = weights + ids[first + i] * dim;
                for (int64_t d = 0; d < dim; d += kLanes) products[i] += load(row + d) * load(weight + d);
            }
            const Lanes sums = sums_of(products);
            for (int64_t i = 0; i < some; ++i) {
                const int64_t id = ids[first + i];
                const float factor = network.logits.factors ? network.logits.factors[id] : 1.f;
                logits[first + i] = sums[i] * factor + (network.logits.bias ? network.logits.bias[id] : 0.f);
            }
        }
    }

    // All logits of each row, or those of its sentence's pieces.
    void score_rows(const Choice& choice, int64_t beams, float* logits) {
        if (choice.pieces) {
            for (int64_t row = 0; row < rows; ++row)
                score(inner + row * dim, choice.pieces + choice.sentence[row / beams] * choice.width, choice.width,
                      logits + row * choice.width);
        } else {
            multiply<Weight>(network.logits, inner, rows, threads, [&](int64_t row, int64_t id, Lanes value) {
                store(logits + row * network.logits.outputs + id, value);
            });
        }
    }
};

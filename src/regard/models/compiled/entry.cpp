// What Python calls: reading sentences, one step of the decoder, the best next tokens.
//
// Compiled once for the machine it runs on (library.py). Pointers are tensors' memory, which Python keeps alive.
#include <new>

#include "choice.h"
#include "network.h"

namespace {

// So many rows of a small network stay in the cache of a core while a layer's weights pass.
constexpr int64_t kRowsAtOnce = 256;
constexpr int64_t kRowsOfStep = 64;

template <class Number, class Weight>
void encode(const Network& network, const int64_t* tokens, const Memory& memory, int64_t first, int64_t end,
            int threads) {
    std::vector<int64_t> begins = {0};
    for (int64_t s = first; s < end; ++s) begins.push_back(begins.back() + memory.lengths[s]);
    const int64_t rows = begins.back(), most = *std::max_element(memory.lengths + first, memory.lengths + end);
    Engine<Number, Weight> engine{network, Scratch<Number>::of_this_thread(network, rows, most, 3 * network.dim), rows,
                                  threads};
    const int64_t token = memory.first[first];
    for (size_t s = 0; s + 1 < begins.size(); ++s)
        for (int64_t row = begins[s]; row < begins[s + 1]; ++row)
            engine.embed(row, network.source_table, network.source_positions, network.source_norm, tokens[token + row], row - begins[s]);
    for (int64_t n = 0; n < network.encoder_layers; ++n) engine.encoder_layer(network.encoder[n], begins);
    engine.enter(network.encoder_norm, network.encoder_norm.weight);
    const int64_t plane = memory.num_tokens * network.dim;
    for (int64_t n = 0; n < network.decoder_layers; ++n) {
        Number* keys = static_cast<Number*>(memory.cells) + 2 * n * plane + token * network.dim;
        engine.remember(network.decoder[n].memory, keys, keys + plane);
    }
}

template <class Number, class Weight>
void encode_in_groups(const Network& network, const int64_t* tokens, const Memory& memory, int64_t num_sentences,
                      int threads) {
    for (int64_t first = 0, end; first < num_sentences; first = end) {
        int64_t rows = memory.lengths[first];
        for (end = first + 1; end < num_sentences && rows + memory.lengths[end] <= kRowsAtOnce; ++end)
            rows += memory.lengths[end];
        encode<Number, Weight>(network, tokens, memory, first, end, threads);
    }
}

// Rows are independent, so they go through all layers some at a time, whole sentences each.
template <class Number, class Weight>
void step_some(const Network& network, const int64_t* tokens, const Memory& memory, const Cache& cache,
               const Choice& choice, int64_t num_rows, int64_t position, float* logits, int threads) {
    int64_t most = position + 1;
    for (int64_t s = 0; s < num_rows / cache.beams; ++s) most = std::max(most, memory.lengths[s]);
    Engine<Number, Weight> engine{network, Scratch<Number>::of_this_thread(network, num_rows, most, network.dim),
                                  num_rows, threads};
    for (int64_t row = 0; row < num_rows; ++row)
        engine.embed(row, network.target_table, network.target_positions, network.target_norm, tokens[row], position);
    engine.see_ancestors(cache, position);
    for (int64_t n = 0; n < network.decoder_layers; ++n) {
        engine.look_at_itself(network.decoder[n], cache, n, position);
        engine.look_at_source(network.decoder[n], memory, n, cache.beams);
        engine.feed_forward(network.decoder[n]);
    }
    engine.enter(network.decoder_norm, network.decoder_norm.weight);
    engine.score_rows(choice, cache.beams, logits);
}

template <class Number, class Weight>
void step(const Network& network, const int64_t* tokens, const Memory& memory, const Cache& cache, const Choice& choice,
          int64_t num_rows, int64_t position, float* logits, int threads) {
    const int64_t beams = cache.beams, most = std::max<int64_t>(1, kRowsOfStep / beams), end = num_rows / beams;
    const int64_t width = choice.pieces ? choice.width : network.logits.outputs;
    for (int64_t s = 0; s < end; s += most) {
        Memory read = memory;
        Cache written = cache;
        Choice chosen = choice;
        read.first += s;
        read.lengths += s;
        written.slot += s;
        written.ancestors += s * beams * cache.num_known;
        chosen.sentence += s;
        step_some<Number, Weight>(network, tokens + s * beams, read, written, chosen, std::min(most, end - s) * beams,
                                  position, logits + s * beams * width, threads);
    }
}

bool are_known(const Network& network, const int64_t* tokens, int64_t count) {
    return std::all_of(tokens, tokens + count, [&](int64_t id) { return id >= 0 && id < network.vocab; });
}

// Python cannot catch an exception, it ends with it: where memory runs out, -1 says so.
template <class Work>
int64_t unless_memory_runs_out(const Work& work) {
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return -1;
    }
}

}  // namespace

extern "C" {

// Whether products of bfloat16 go through tiles, which decides how weights are laid out; -1 if the system forbids it.
int64_t regard_has_tiles() {
#ifdef __AMX_BF16__
    return may_use_tiles() ? 1 : -1;
#else
    return 0;
#endif
}

// They return 0, and do nothing, if a token is not in the vocabulary, -1 if memory ran out; else 1.
#define REGARD_ENTRIES(name, Number, Weight)                                                                           \
    int64_t regard_encode_##name(const Network* network, const int64_t* tokens, const Memory* memory, int64_t sentences, \
                                 int64_t threads) {                                                                    \
        if (!are_known(*network, tokens, memory->num_tokens)) return 0;                                                \
        return unless_memory_runs_out([&] {                                                                            \
            encode_in_groups<Number, Weight>(*network, tokens, *memory, sentences, int(threads));                      \
            return 1;                                                                                                  \
        });                                                                                                            \
    }                                                                                                                  \
    int64_t regard_step_##name(const Network* network, const int64_t* tokens, const Memory* memory,                    \
                               const Cache* cache, const Choice* choice, int64_t rows, int64_t position,               \
                               float* logits, int64_t threads) {                                                       \
        if (!are_known(*network, tokens, rows)) return 0;                                                              \
        return unless_memory_runs_out([&] {                                                                            \
            step<Number, Weight>(*network, tokens, *memory, *cache, *choice, rows, position, logits, int(threads));    \
            return 1;                                                                                                  \
        });                                                                                                            \
    }

REGARD_ENTRIES(float32, float, float)
REGARD_ENTRIES(bfloat16, bfloat16, bfloat16)
REGARD_ENTRIES(int8, bfloat16, int8_t)

// The `count` best continuations of each group of rows, best first; 0 if a logit is not a number, -1 if memory ran out,
// else 1.
int64_t regard_best(const float* logits, int64_t stride, int64_t vocab, int64_t first_allowed, int64_t groups,
                    int64_t members, const double* before, int64_t count, double* totals, int64_t* parents, int64_t* ids,
                    double* log_probabilities) {
    return unless_memory_runs_out([&] {
        const double nowhere = -std::numeric_limits<double>::infinity();
        std::vector<Candidate> best(count);
        for (int64_t group = 0; group < groups; ++group) {
            int64_t found = 0;
            for (int64_t member = 0; member < members; ++member) {
                const int64_t row = group * members + member;
                if (before[row] == nowhere) continue;
                if (!look_for_best(logits + row * stride, vocab, first_allowed, member, before[row], best.data(), found,
                                   count))
                    return 0;
            }
            for (int64_t place = 0; place < count; ++place) {
                const Candidate& one = place < found ? best[place] : Candidate{nowhere, 0, first_allowed, nowhere};
                totals[group * count + place] = one.total;
                parents[group * count + place] = one.member;
                ids[group * count + place] = one.id;
                log_probabilities[group * count + place] = one.log_probability;
            }
        }
        return 1;
    });
}
}

// What Python calls while a network learns: what lies between the products of matrices.
//
// Pointers are tensors' memory, which Python keeps alive. Threads are those of the OpenMP library that PyTorch has loaded;
// their number changes no bit.
#ifdef __clang__
#error "only GCC's threads are those of PyTorch: name a g++ in CXX"
#endif
#include <omp.h>

#include "attention.h"
#include "consistency.h"
#include "dropout.h"
#include "embedding.h"
#include "linear.h"
#include "loss.h"
#include "norm.h"

namespace {

template <class Number>
Vectors<Number> vectors_at(const int64_t*& from) {
    const Vectors<Number> found{reinterpret_cast<Number*>(from[0]), {from[1], from[2], from[3]}};
    from += 4;
    return found;
}

// The numbers that describe an attention, in the order of kernels/attention.py.
template <class Number>
Attention<Number> attention_at(const int64_t*& from, double scale) {
    Attention<Number> found{};
    found.queries = vectors_at<const Number>(from);
    found.keys = vectors_at<const Number>(from);
    found.values = vectors_at<const Number>(from);
    found.allowed = {reinterpret_cast<const uint8_t*>(from[0]), from[1], from[2], from[3], from[4]};
    found.weights = reinterpret_cast<float*>(from[5]), found.rooms = reinterpret_cast<float*>(from[6]);
    found.batch = from[7], found.heads = from[8], found.num_queries = from[9], found.num_keys = from[10];
    found.head_dim = from[11];
    found.scale = float(scale);
    from += 12;
    return found;
}

}  // namespace

extern "C" {

// Where the OpenMP library lies that this file calls.
int64_t regard_openmp() { return reinterpret_cast<int64_t>(&omp_get_max_threads); }

#define REGARD_ENTRIES(name, Number)                                                                                  \
    double regard_loss_##name(const Number* logits, const int64_t* targets, Number* gradient, double* losses,         \
                              float* room, int64_t rows, int64_t vocab, double smoothing, double weight,              \
                              int64_t threads) {                                                                      \
        const LossRows<Number> loss{logits, targets, gradient, losses, vocab, float(smoothing), float(weight)};       \
        return sum_of_losses(loss, rows, room, int(threads));                                                         \
    }                                                                                                                 \
    double regard_consistency_##name(const Number* first, const Number* second, const int64_t* targets,               \
                                     Number* to_first, Number* to_second, double* losses, float* room, int64_t rows,  \
                                     int64_t vocab, double smoothing, double strength, double weight,                 \
                                     int64_t threads) {                                                               \
        const ConsistencyRows<Number> loss{first, second, targets, to_first, to_second, losses, vocab,                \
                                           float(smoothing), float(strength), float(weight)};                         \
        return sum_of_losses(loss, rows, room, int(threads));                                                         \
    }                                                                                                                 \
    void regard_drop_##name(const Number* residual, const Number* vectors, Number* to, int64_t cells, uint64_t seed,  \
                            int64_t levels, double scale, int64_t threads) {                                          \
        drop(Drop{seed, int32_t(levels), float(scale)}, residual, vectors, to, cells, int(threads));                  \
    }                                                                                                                 \
    void regard_embed_##name(const float* table, const int64_t* ids, const float* positions, Number* to, int64_t rows,  \
                             int64_t size, int64_t num_positions, double factor, int64_t threads) {                   \
        Lookup<Number>{ids, rows, size, float(factor)}.forward(table, positions, num_positions, to, int(threads));    \
    }                                                                                                                 \
    void regard_embed_back_##name(const Number* upstream, const int64_t* ids, float* table, int64_t rows,             \
                                  int64_t size, int64_t vocab, double factor, int64_t threads) {                      \
        Lookup<Number>{ids, rows, size, float(factor)}.backward(upstream, table, vocab, int(threads));                \
    }                                                                                                                 \
    void regard_rectify_##name(Number* cells, int64_t count, int64_t threads) { rectify(cells, count, int(threads)); } \
    void regard_rectify_back_##name(const Number* upstream, const Number* rectified, Number* to, float* shares,       \
                                    float* sums, int64_t rows, int64_t size, int64_t rows_of_task, int64_t threads) { \
        rectify_back(upstream, rectified, to, Shares{shares, rows_of_task}, sums, rows, size, int(threads));          \
    }                                                                                                                 \
    void regard_sum_columns_##name(const Number* upstream, float* shares, float* sums, int64_t rows, int64_t size,    \
                                   int64_t rows_of_task, int64_t threads) {                                           \
        sum_columns(upstream, Shares{shares, rows_of_task}, sums, rows, size, int(threads));                          \
    }                                                                                                                 \
    void regard_normalise_##name(const Number* vectors, const float* weight, const float* bias, Statistics* known,    \
                                 Number* to, int64_t rows, int64_t size, double epsilon, int64_t threads) {           \
        Normal<Number>{vectors, weight, bias, known, rows, size, float(epsilon)}.forward(to, int(threads));           \
    }                                                                                                                 \
    void regard_normalise_back_##name(const Number* vectors, const float* weight, Statistics* known,                  \
                                      const Number* upstream, Number* to, float* shares, float* sums, int64_t rows,   \
                                      int64_t size, int64_t rows_of_task, int64_t threads) {                          \
        const Normal<Number> normal{vectors, weight, nullptr, known, rows, size, 0.f};                                \
        normal.backward(upstream, to, Shares{shares, rows_of_task}, sums, int(threads));                              \
    }                                                                                                                 \
    int64_t regard_attend_room_##name(int64_t queries, int64_t keys, int64_t head_dim, int64_t threads) {             \
        return Head<Number>::size(queries, keys, head_dim) * threads;                                                 \
    }                                                                                                                 \
    void regard_attend_##name(const int64_t* numbers, double scale, int64_t threads) {                                \
        const Attention<Number> attention = attention_at<Number>(numbers, scale);                                     \
        attention.forward(vectors_at<Number>(numbers), int(threads));                                                 \
    }                                                                                                                 \
    void regard_attend_back_##name(const int64_t* numbers, double scale, int64_t threads) {                           \
        const Attention<Number> attention = attention_at<Number>(numbers, scale);                                     \
        const Vectors<const Number> upstream = vectors_at<const Number>(numbers);                                     \
        const Vectors<Number> queries = vectors_at<Number>(numbers), keys = vectors_at<Number>(numbers);              \
        attention.backward(upstream, queries, keys, vectors_at<Number>(numbers), int(threads));                       \
    }

REGARD_ENTRIES(float32, float)
REGARD_ENTRIES(bfloat16, bfloat16)
}

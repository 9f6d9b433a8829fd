// Cross-entropy with label smoothing, and its gradient: each row of logits is read twice, and its gradient written once.
#pragma once
#include <omp.h>

#include <algorithm>

#include "arithmetic.h"

template <class Number>
struct LossRows {
    const Number* logits;  // [rows][vocab], like the gradient, which may take their place
    const int64_t* targets;
    Number* gradient;
    double* losses;
    int64_t vocab;
    float smoothing, weight;

    // A row in float32 at `scores`, filled up to a multiple of 16 with what no exponential sees; returns its largest.
    float widen_row(const Number* row, float* scores, float& mean) const {
        const int64_t whole = vocab / kLanes * kLanes;
        Lanes most = all(-std::numeric_limits<float>::infinity()), total{};
        for (int64_t i = 0; i < whole; i += kLanes) {
            const Lanes some = load(row + i);
            store(scores + i, some);
            most = larger(some, most);
            total += some;
        }
        float best = largest(most), rest = sum(total);
        for (int64_t i = whole; i < vocab; ++i) {
            scores[i] = widen(row[i]);
            best = std::max(best, scores[i]);
            rest += scores[i];
        }
        for (int64_t i = vocab; i < rounded(); ++i) scores[i] = -std::numeric_limits<float>::infinity();
        mean = rest / vocab;
        return best;
    }

    int64_t rounded() const { return rounded_up(vocab); }

    void one(int64_t row, float* scores) const {
        float mean;
        const float best = widen_row(logits + row * vocab, scores, mean);
        const int64_t target = targets[row];
        const float chosen = scores[target] - best;
        const float whole = decay_row(scores, rounded(), best);
        losses[row] = double(std::log(whole)) - ((1.0 - smoothing) * chosen + double(smoothing) * (mean - best));
        write_gradient(scores, weight / whole, target, gradient + row * vocab);
    }

    void write_gradient(const float* powers, float factor, int64_t target, Number* to) const {
        const float spread = weight * smoothing / vocab;
        const int64_t whole = vocab / kLanes * kLanes;
        for (int64_t i = 0; i < whole; i += kLanes) store(to + i, load(powers + i) * factor - spread);
        for (int64_t i = whole; i < vocab; ++i) to[i] = narrow<Number>(powers[i] * factor - spread);
        to[target] = narrow<Number>(powers[target] * factor - spread + weight * (smoothing - 1.f));
    }
};

// The sum of the rows' losses, times the weight: added up in their order, however many threads there are. Each has a row
// of room, which comes from Python, whose allocator says where memory runs out.
template <class Number>
double smoothed_cross_entropy(const LossRows<Number>& loss, int64_t rows, float* room, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t row = 0; row < rows; ++row) loss.one(row, room + omp_get_thread_num() * loss.rounded());
    double total = 0;
    for (int64_t row = 0; row < rows; ++row) total += loss.losses[row];
    return total * loss.weight;
}

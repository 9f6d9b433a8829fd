// Cross-entropy with label smoothing, and its gradient: each row of logits is read twice, and its gradient written once.
#pragma once
#include <omp.h>

#include <algorithm>

#include "arithmetic.h"

// What a row of logits says of its target, and exp(logit - best) of each piece in `powers`.
struct Reading {
    float* powers;
    float best, whole;  // the largest logit; the sum of the powers
    float chosen, mean;  // the target's logit and the mean of all, less the best

    double loss(float smoothing) const {
        const double expected = (1.0 - smoothing) * chosen + (smoothing ? double(smoothing) * mean : 0.0);
        return double(std::log(whole)) - expected;
    }
    float normaliser() const { return best + std::log(whole); }  // what makes logarithms of probabilities of logits
};

// A row in float32 at `scores`, filled up to a multiple of 16 with what no exponential sees; returns its largest.
template <class Number>
float widen_row(const Number* row, int64_t vocab, float* scores, float& mean) {
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
    for (int64_t i = vocab; i < rounded_up(vocab); ++i) scores[i] = -std::numeric_limits<float>::infinity();
    mean = rest / vocab;
    return best;
}

template <class Number>
Reading read_row(const Number* row, int64_t vocab, int64_t target, float* room) {
    float mean;
    const float best = widen_row(row, vocab, room, mean), chosen = room[target] - best;
    return {room, best, decay_row(room, rounded_up(vocab), best), chosen, mean - best};
}

template <class Number>
struct LossRows {
    static constexpr int kRooms = 1;  // rows of room that a thread needs
    const Number* logits;             // [rows][vocab], like the gradient, which may take their place
    const int64_t* targets;
    Number* gradient;
    double* losses;
    int64_t vocab;
    float smoothing, weight;

    void one(int64_t row, float* room) const {
        const Reading reading = read_row(logits + row * vocab, vocab, targets[row], room);
        losses[row] = reading.loss(smoothing);
        write_gradient(reading.powers, weight / reading.whole, targets[row], gradient + row * vocab);
    }

    void write_gradient(const float* powers, float factor, int64_t target, Number* to) const {
        const float spread = weight * smoothing / vocab;
        const int64_t whole = vocab / kLanes * kLanes;
        for (int64_t i = 0; i < whole; i += kLanes) store(to + i, load(powers + i) * factor - spread);
        for (int64_t i = whole; i < vocab; ++i) to[i] = narrow<Number>(powers[i] * factor - spread);
        to[target] = narrow<Number>(powers[target] * factor - spread + weight * (smoothing - 1.f));
    }
};

// The sum of the rows' losses, times the weight: added up in their order, however many threads there are. The threads'
// room comes from Python, whose allocator says where memory runs out.
template <class Rows>
double sum_of_losses(const Rows& loss, int64_t rows, float* room, int threads) {
    const int64_t room_of_thread = Rows::kRooms * rounded_up(loss.vocab);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t row = 0; row < rows; ++row) loss.one(row, room + omp_get_thread_num() * room_of_thread);
    double total = 0;
    for (int64_t row = 0; row < rows; ++row) total += loss.losses[row];
    return total * loss.weight;
}

// The loss of two readings of the same tokens that are to agree (R-Drop), and both gradients.
//
//     loss = (cross-entropy of p + cross-entropy of q) / 2 + strength / 4 · Σ (p - q) apart      apart = log p - log q
//
// Each row of logits is read three times, its gradient written once.
#pragma once
#include "loss.h"

template <class Number>
struct ConsistencyRows {
    static constexpr int kRooms = 2;
    const Number *first, *second;  // logits, [rows][vocab]; the gradients may take their place
    const int64_t* targets;
    Number *to_first, *to_second;
    double* losses;
    int64_t vocab;
    float smoothing, strength, weight;

    // What a row's gradients are made of, for one number or sixteen.
    struct Pull {
        float share, other_share;  // 1 / the sums of the powers
        float away;                // apart = first logit - second logit - away
        float along, other_along;  // Σ p apart, Σ q apart
        float spread, strength, weight;

        template <class Value>
        void pull(Value power, Value other_power, Value apart, Value& one, Value& other) const {
            const Value p = power * share, q = other_power * other_share;
            one = ((p - spread) * .5f + (p * (apart - along) + p - q) * strength) * weight;
            other = ((q - spread) * .5f + (q * (other_along - apart) + q - p) * strength) * weight;
        }
    };

    void one(int64_t row, float* room) const {
        const int64_t target = targets[row];
        const Number *left = first + row * vocab, *right = second + row * vocab;
        const Reading one = read_row(left, vocab, target, room);
        const Reading other = read_row(right, vocab, target, room + rounded_up(vocab));
        Pull pull{1.f / one.whole, 1.f / other.whole, one.normaliser() - other.normaliser(), 0, 0,
                  smoothing / vocab, strength / 4, weight};
        measure(left, right, one, other, pull);
        losses[row] = (one.loss(smoothing) + other.loss(smoothing)) / 2 +
                      double(pull.strength) * (double(pull.along) - pull.other_along);
        write_gradients(row, one, other, pull);
    }

    // How far apart the readings are, on average over what each expects.
    void measure(const Number* left, const Number* right, const Reading& one, const Reading& other, Pull& pull) const {
        const int64_t whole = vocab / kLanes * kLanes;
        Lanes along{}, other_along{};
        for (int64_t i = 0; i < whole; i += kLanes) {
            const Lanes apart = load(left + i) - load(right + i) - pull.away;
            along += load(one.powers + i) * apart;
            other_along += load(other.powers + i) * apart;
        }
        pull.along = sum(along), pull.other_along = sum(other_along);
        for (int64_t i = whole; i < vocab; ++i) {
            const float apart = widen(left[i]) - widen(right[i]) - pull.away;
            pull.along += one.powers[i] * apart;
            pull.other_along += other.powers[i] * apart;
        }
        pull.along *= pull.share, pull.other_along *= pull.other_share;
    }

    void write_gradients(int64_t row, const Reading& one, const Reading& other, const Pull& pull) const {
        const Number *left = first + row * vocab, *right = second + row * vocab;
        Number *to_left = to_first + row * vocab, *to_right = to_second + row * vocab;
        const int64_t whole = vocab / kLanes * kLanes, target = targets[row];
        float at_target, other_at_target;  // computed first: the gradients may take the logits' place
        pull.pull(one.powers[target], other.powers[target], widen(left[target]) - widen(right[target]) - pull.away,
                  at_target, other_at_target);
        for (int64_t i = 0; i < whole; i += kLanes) {
            Lanes some, others;
            pull.pull(load(one.powers + i), load(other.powers + i), load(left + i) - load(right + i) - pull.away, some,
                      others);
            store(to_left + i, some);
            store(to_right + i, others);
        }
        for (int64_t i = whole; i < vocab; ++i) {
            float some, others;
            pull.pull(one.powers[i], other.powers[i], widen(left[i]) - widen(right[i]) - pull.away, some, others);
            to_left[i] = narrow<Number>(some), to_right[i] = narrow<Number>(others);
        }
        const float wanted = weight * (smoothing - 1.f) / 2;
        to_left[target] = narrow<Number>(at_target + wanted);
        to_right[target] = narrow<Number>(other_at_target + wanted);
    }
};

// The best next tokens, straight from logits: no log-probability is written that nobody asks for.
#pragma once
#include <algorithm>

#include "arithmetic.h"

struct Candidate {
    double total;
    int64_t member;
    int64_t id;
    double log_probability;
};

struct Spread {
    float largest;
    float log_sum;  // of exp(logit - largest); a log-probability is logit - largest - log_sum
};

inline Spread spread_of(const float* logits, int64_t vocab) {
    const int64_t whole = vocab / kLanes * kLanes;
    // What is left over is a block like all others: however far a row is filled up with -inf, the numbers are the same.
    Lanes rest = all(-std::numeric_limits<float>::infinity()), best = rest, total{};
    std::memcpy(&rest, logits + whole, (vocab - whole) * sizeof(float));
    for (int64_t i = 0; i < whole; i += kLanes) best = larger(load(logits + i), best);
    const float most = largest(larger(rest, best));
    for (int64_t i = 0; i < whole; i += kLanes) total += exponential(load(logits + i) - most);
    total += exponential(rest - most);
    return {most, std::log(sum(total))};
}

// Keeps `best` sorted, best first; of equals, the one that came first stands first.
inline void offer(Candidate* best, int64_t& found, int64_t count, const Candidate& given) {
    if (found == count && !(given.total > best[count - 1].total)) return;
    int64_t place = found < count ? found++ : count - 1;
    for (; place > 0 && given.total > best[place - 1].total; --place) best[place] = best[place - 1];
    best[place] = given;
}

// Looks at a row of logits for tokens that are among the best of their group; false if it holds what is not a number.
inline bool look_for_best(const float* logits, int64_t vocab, int64_t first_allowed, int64_t member, double before,
                          Candidate* best, int64_t& found, int64_t count) {
    const Spread spread = spread_of(logits, vocab);
    if (std::isnan(spread.log_sum)) return false;
    const auto consider = [&](int64_t id) {
        const double value = logits[id] - spread.largest - spread.log_sum;
        offer(best, found, count, {before + value, member, id, value});
    };
    // A logit below this cannot be among the best; a little lower, since it was rounded on the way.
    const auto least = [&] {
        if (found < count) return -std::numeric_limits<float>::infinity();
        const double exact = best[count - 1].total - before + spread.log_sum + spread.largest;
        return float(exact - 1e-5 * (1 + std::abs(exact)));
    };
    int64_t id = first_allowed;
    for (; id < vocab && (id % kLanes || found < count); ++id) consider(id);
    float lowest = least();
    for (; id + kLanes <= vocab; id += kLanes) {
        const Whole promising = load(logits + id) >= all(lowest);
        if (!is_any(promising)) continue;
        for (int lane = 0; lane < kLanes; ++lane)
            if (promising[lane]) consider(id + lane);
        lowest = least();
    }
    for (; id < vocab; ++id) consider(id);
    return true;
}

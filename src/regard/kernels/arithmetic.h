// Numbers, sixteen at a time: loading, rounding, sums, the exponential, layer norm and softmax.
//
// Written with the vectors of GCC and Clang, which become whatever the processor has. Sums are float32 everywhere.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

constexpr int64_t kLanes = 16;

constexpr int64_t rounded_up(int64_t cells) { return (cells + kLanes - 1) / kLanes * kLanes; }

typedef float Lanes __attribute__((vector_size(64)));
typedef int32_t Whole __attribute__((vector_size(64)));
typedef uint32_t Bits __attribute__((vector_size(64)));
typedef uint16_t Half __attribute__((vector_size(32)));

struct bfloat16 {
    uint16_t bits;
};

template <class Vector>
inline Vector load_as(const void* from) {
    Vector vector;
    std::memcpy(&vector, from, sizeof vector);
    return vector;
}

inline Lanes load(const float* from) { return load_as<Lanes>(from); }

inline Lanes load(const bfloat16* from) {
#ifdef __AVX512F__
    const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    return (Lanes)_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16);
#else
    return (Lanes)(__builtin_convertvector(load_as<Half>(from), Bits) << 16);
#endif
}

inline Lanes load(const int8_t* from) {
#ifdef __AVX512F__
    const __m128i quarter = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    return (Lanes)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(quarter));
#else
    typedef int8_t Quarter __attribute__((vector_size(16)));
    return __builtin_convertvector(load_as<Quarter>(from), Lanes);
#endif
}

inline void store(float* to, Lanes lanes) { std::memcpy(to, &lanes, sizeof lanes); }

inline void store(bfloat16* to, Lanes lanes) {  // to the nearest, ties to even; what is not a number stays none
#ifdef __AVX512BF16__
    const __m256bh half = _mm512_cvtneps_pbh((__m512)lanes);
#else
    const Bits bits = (Bits)lanes, rounded = bits + 0x7fff + ((bits >> 16) & 1);
    const Bits kept = lanes == lanes ? rounded : bits | 0x400000;
    const Half half = __builtin_convertvector(kept >> 16, Half);
#endif
    std::memcpy(to, &half, sizeof half);
}

// `count` times sixteen numbers, in an order of their own: of bfloat16 two by two, first those at even places, then those
// at odd ones, which takes half the work of one after the other.
template <int count>
struct Group {
    Lanes part[count];
};

template <int count, class Number>
inline Group<count> load_group(const Number* from) {
    Group<count> group;
    for (int i = 0; i < count; ++i) group.part[i] = load(from + i * kLanes);
    return group;
}

template <>
inline Group<2> load_group<2, bfloat16>(const bfloat16* from) {
    const Bits both = load_as<Bits>(from);
    return {{(Lanes)(both << 16), (Lanes)(both & 0xffff0000u)}};
}

template <int count, class Number>
inline void store_group(Number* to, const Group<count>& group) {
    for (int i = 0; i < count; ++i) store(to + i * kLanes, group.part[i]);
}

inline void store_group(bfloat16* to, const Group<2>& group) {
    bfloat16 even[kLanes], odd[kLanes];
    store(even, group.part[0]);
    store(odd, group.part[1]);
    for (int i = 0; i < kLanes; ++i) to[2 * i] = even[i], to[2 * i + 1] = odd[i];
}

// Adds the products of `count` times sixteen numbers to sixteen sums.
template <int count, class Number>
inline Lanes add_products(Lanes sums, const Number* one, const Number* other) {
#ifdef __AVX512BF16__
    if constexpr (count == 2 && std::is_same_v<Number, bfloat16>) {
        __m512bh left, right;
        std::memcpy(&left, one, sizeof left);
        std::memcpy(&right, other, sizeof right);
        return (Lanes)_mm512_dpbf16_ps((__m512)sums, left, right);
    }
#endif
    const Group<count> left = load_group<count>(one), right = load_group<count>(other);
    for (int i = 0; i < count; ++i) sums += left.part[i] * right.part[i];
    return sums;
}

inline float widen(float value) { return value; }

inline float widen(bfloat16 value) {
    const uint32_t bits = uint32_t(value.bits) << 16;
    float wide;
    std::memcpy(&wide, &bits, sizeof wide);
    return wide;
}

template <class Number>
Number narrow(float value);

template <>
inline float narrow<float>(float value) {
    return value;
}

template <>
inline bfloat16 narrow<bfloat16>(float value) {  // as sixteen at once are stored
    bfloat16 lanes[kLanes];
    store(lanes, value - Lanes{});
    return lanes[0];
}

inline Lanes all(float value) { return value - Lanes{}; }  // what is added to 0 would lose the sign of its own 0

inline float sum(Lanes lanes) {
    typedef float Eight __attribute__((vector_size(32)));
    typedef float Four __attribute__((vector_size(16)));
    Eight eight[2];
    std::memcpy(eight, &lanes, sizeof eight);
    const Eight pairs = eight[0] + eight[1];
    Four four[2];
    std::memcpy(four, &pairs, sizeof four);
    const Four rest = four[0] + four[1];
    return (rest[0] + rest[2]) + (rest[1] + rest[3]);
}

// Lanes of two vectors by their numbers: the first has 0 to 15, the other 16 to 31.
template <int... lanes>
inline Lanes pick(Lanes one, Lanes other) {
#ifdef __clang__
    return __builtin_shufflevector(one, other, lanes...);
#else  // which has that too, but only from GCC 12 on
    return __builtin_shuffle(one, other, Whole{lanes...});
#endif
}

// The sums of sixteen vectors, as one: each round adds halves, and lets two vectors share one.
inline Lanes sums_of(Lanes (&parts)[kLanes]) {
#define REGARD_ROUND(count, lower, upper)                               \
    for (int i = 0; i < count; ++i)                                     \
        parts[i] = pick<lower>(parts[2 * i], parts[2 * i + 1]) +        \
                   pick<upper>(parts[2 * i], parts[2 * i + 1]);
#define REGARD_LIST(...) __VA_ARGS__
    REGARD_ROUND(8, REGARD_LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
                 REGARD_LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
    REGARD_ROUND(4, REGARD_LIST(0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27),
                 REGARD_LIST(4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31))
    REGARD_ROUND(2, REGARD_LIST(0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29),
                 REGARD_LIST(2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31))
    REGARD_ROUND(1, REGARD_LIST(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
                 REGARD_LIST(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31))
#undef REGARD_LIST
#undef REGARD_ROUND
    return parts[0];
}

inline Lanes larger(Lanes one, Lanes other) {  // the other, where one is not a number
#ifdef __AVX512F__
    return (Lanes)_mm512_max_ps((__m512)one, (__m512)other);
#else
    return one > other ? one : other;
#endif
}

inline bool is_any(Whole truths) {
#ifdef __AVX512F__
    return _mm512_movepi32_mask((__m512i)truths) != 0;
#else
    int any = 0;
    for (int lane = 0; lane < kLanes; ++lane) any |= truths[lane];
    return any != 0;
#endif
}

inline float largest(Lanes lanes) {
#ifdef __AVX512F__
    return _mm512_reduce_max_ps((__m512)lanes);
#else
    float best = lanes[0];
    for (int lane = 1; lane < kLanes; ++lane) best = lanes[lane] > best ? lanes[lane] : best;
    return best;
#endif
}

// exp on [-ln 2 / 2, ln 2 / 2]: a polynomial with the coefficients of Cephes.
inline Lanes exponential_near_zero(Lanes r) {
    Lanes p = all(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return p * r * r + r + 1.f;
}

// exp: 2ⁿ times that of what is left; 0 below -87, about one unit in the last place.
inline Lanes exponential(Lanes x) {
    const Lanes inside = x < -87.f ? all(-87.f) : (x > 88.f ? all(88.f) : x);
    const Lanes n = (inside * 1.44269504f + 12582912.f) - 12582912.f;  // rounds to a whole number
    const Lanes r = (inside - n * 0.693359375f) + n * 2.12194440e-4f;
    const Lanes p = exponential_near_zero(r);
    const Lanes power = (Lanes)((__builtin_convertvector(n, Whole) + 127) << 23);
    const Lanes value = x < -87.f ? Lanes{} : p * power;
    return x == x ? value : x;
}

// exp of what is at most 0, as softmax needs it: 0 far below, and nothing to look after above.
inline Lanes decay(Lanes x) {
#ifdef __AVX512F__
    // What is not a number stays none. Below -87 powers would be denormal, each of which costs a detour.
    const __m512 inside = _mm512_max_ps(_mm512_set1_ps(-87.f), (__m512)x);
    const __m512 n = _mm512_roundscale_ps(inside * _mm512_set1_ps(1.44269504f), _MM_FROUND_TO_NEAREST_INT);
    const Lanes r = ((Lanes)inside - (Lanes)n * 0.693359375f) + (Lanes)n * 2.12194440e-4f;
    const Lanes p = exponential_near_zero(r);
    const __mmask16 is_far = _mm512_cmp_ps_mask((__m512)x, _mm512_set1_ps(-87.f), _CMP_LT_OQ);
    return (Lanes)_mm512_mask_blend_ps(is_far, _mm512_scalef_ps((__m512)p, n), _mm512_setzero_ps());
#else
    return exponential(x);
#endif
}

struct Statistics {
    float mean, factor;  // (x - mean) · factor has mean 0 and variance 1
};

template <class Number>
Statistics statistics_of(const Number* vector, int64_t size, float epsilon) {
    Lanes total{}, squares{};
    for (int64_t i = 0; i < size; i += kLanes) total += load(vector + i);
    const float mean = sum(total) / size;
    for (int64_t i = 0; i < size; i += kLanes) {
        const Lanes away = load(vector + i) - mean;
        squares += away * away;
    }
    return {mean, 1.f / std::sqrt(sum(squares) / size + epsilon)};
}

struct Norm {
    const float* weight;  // null: there is none
    const float* bias;
    double epsilon;
};

// Layer norm of one vector, whose length is a multiple of 16.
template <class Number>
void normalise(const Norm& norm, const float* vector, int64_t size, Number* to) {
    const Statistics known = statistics_of(vector, size, float(norm.epsilon));
    for (int64_t i = 0; i < size; i += kLanes)
        store(to + i, (load(vector + i) - known.mean) * known.factor * load(norm.weight + i) + load(norm.bias + i));
}

// Of each number of a row, less the largest, its exp, in place; returns their sum. `whole` is a multiple of 16.
inline float decay_row(float* row, int64_t whole, float largest) {
    Lanes total{};
    for (int64_t i = 0; i < whole; i += kLanes) {
        const Lanes power = decay(load(row + i) - largest);
        store(row + i, power);
        total += power;
    }
    return sum(total);
}

// Softmax in place of a row whose largest number is known.
inline void softmax_below(float* row, int64_t whole, float largest) {
    const float factor = 1.f / decay_row(row, whole, largest);
    for (int64_t i = 0; i < whole; i += kLanes) store(row + i, load(row + i) * factor);
}

// Softmax in place. The row has room up to a multiple of 16, which is filled with zeros.
inline void softmax(float* scores, int64_t size) {
    const int64_t whole = rounded_up(size);
    for (int64_t i = size; i < whole; ++i) scores[i] = -std::numeric_limits<float>::infinity();
    Lanes best = load(scores);
    for (int64_t i = kLanes; i < whole; i += kLanes) best = larger(load(scores + i), best);
    softmax_below(scores, whole, largest(best));
}

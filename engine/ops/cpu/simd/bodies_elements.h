// Kernel bodies of the element-wise loops: casts, sums, scaling, rotation, SwiGLU.

namespace engine::ops::simd::LOWRANK_ISA {

namespace {

template <typename From, typename To>
void convert(const From* x, To* y, std::int64_t n)
{
    sweep(n,
          [&](std::int64_t i, auto lanes) { store_lanes(y + i, load_lanes(x + i, lanes), lanes); });
}

constexpr std::int64_t kTransposeSide = 16;

// One whole block: y[j * ldy + i] = x[i * ldx + j], four rows at a time in registers.
template <typename T>
void transpose_block(const T* x, std::int64_t ldx, float* y, std::int64_t ldy)
{
    for (std::int64_t i = 0; i < kTransposeSide; i += 4) {
        for (std::int64_t j = 0; j < kTransposeSide; j += kLanes) {
            const T* at = x + i * ldx + j;
            Words words[4] = {words_of(load(at)),
                              words_of(load(at + ldx)),
                              words_of(load(at + 2 * ldx)),
                              words_of(load(at + 3 * ldx))};
            transpose_quads(words);
            for (std::int64_t c = 0; c < 4; ++c) {
                store_quads(y + (j + c) * ldy + i, 4 * ldy, words[c]);
            }
        }
    }
}

// Through small square blocks that stay in the first-level cache.
template <typename T>
void transpose(const T* x,
               std::int64_t ldx,
               float* y,
               std::int64_t ldy,
               std::int64_t rows,
               std::int64_t columns)
{
    constexpr std::int64_t kSide = kTransposeSide;
    alignas(64) float block[kSide][kSide];
    for (std::int64_t i = 0; i < rows; i += kSide) {
        const std::int64_t height = rows - i < kSide ? rows - i : kSide;
        for (std::int64_t j = 0; j < columns; j += kSide) {
            const std::int64_t width = columns - j < kSide ? columns - j : kSide;
            if (height == kSide && width == kSide) {
                transpose_block(x + i * ldx + j, ldx, y + j * ldy + i, ldy);
                continue;
            }
            for (std::int64_t r = 0; r < height; ++r) {
                convert<T, float>(x + (i + r) * ldx + j, block[r], width);
            }
            for (std::int64_t c = 0; c < width; ++c) {
                for (std::int64_t r = 0; r < height; ++r) {
                    y[(j + c) * ldy + i + r] = block[r][c];
                }
            }
        }
    }
}

template <typename T>
void add(const T* a, const T* b, T* y, std::int64_t n)
{
    sweep(n, [&](std::int64_t i, auto lanes) {
        store_lanes(y + i, load_lanes(a + i, lanes) + load_lanes(b + i, lanes), lanes);
    });
}

template <typename T>
void scale(T* x, float factor, std::int64_t n)
{
    sweep(n, [&](std::int64_t i, auto lanes) {
        store_lanes(x + i, load_lanes(x + i, lanes) * set(factor), lanes);
    });
}

template <typename T>
void add_floats(T* x, const float* bias, std::int64_t n)
{
    sweep(n, [&](std::int64_t i, auto lanes) {
        store_lanes(x + i, load_lanes(x + i, lanes) + load_lanes(bias + i, lanes), lanes);
    });
}

template <typename T>
void accumulate(const T* x, float* sum, std::int64_t n)
{
    sweep(n, [&](std::int64_t i, auto lanes) {
        store_lanes(sum + i, load_lanes(sum + i, lanes) + load_lanes(x + i, lanes), lanes);
    });
}

template <typename T>
void accumulate_product(const T* a, const T* b, float factor, float* sum, std::int64_t n)
{
    sweep(n, [&](std::int64_t i, auto lanes) {
        const Vec product = load_lanes(a + i, lanes) * load_lanes(b + i, lanes);
        store_lanes(sum + i, fma(product, set(factor), load_lanes(sum + i, lanes)), lanes);
    });
}

template <typename T>
void rotate(T* first, T* second, const float* cosine, const float* sine, float sign, std::int64_t n)
{
    sweep(n, [&](std::int64_t i, auto lanes) {
        const Vec c = load_lanes(cosine + i, lanes);
        const Vec s = load_lanes(sine + i, lanes) * set(sign);
        const Vec x1 = load_lanes(first + i, lanes);
        const Vec x2 = load_lanes(second + i, lanes);
        store_lanes(first + i, fnma(x2, s, x1 * c), lanes);
        store_lanes(second + i, fma(x1, s, x2 * c), lanes);
    });
}

template <typename T>
void swiglu(const T* gate, const T* up, T* h, std::int64_t n)
{
    sweep(n, [&](std::int64_t i, auto lanes) {
        const Vec g = load_lanes(gate + i, lanes);
        store_lanes(h + i, g * sigmoid(g) * load_lanes(up + i, lanes), lanes);
    });
}

template <typename T>
void swiglu_backward(const T* dh, const T* gate, const T* up, T* dgate, T* dup, std::int64_t n)
{
    sweep(n, [&](std::int64_t i, auto lanes) {
        const Vec d = load_lanes(dh + i, lanes);
        const Vec g = load_lanes(gate + i, lanes);
        const Vec u = load_lanes(up + i, lanes);
        const Vec s = sigmoid(g);
        const Vec slope = s * fma(g, set(1.0F) - s, set(1.0F));
        store_lanes(dup + i, d * g * s, lanes);
        store_lanes(dgate + i, d * u * slope, lanes);
    });
}

} // namespace

} // namespace engine::ops::simd::LOWRANK_ISA

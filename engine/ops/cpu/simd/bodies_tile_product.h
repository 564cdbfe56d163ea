// Kernel body of the small matrix product: register tiles of some rows by some vectors, of one size
// for operands in place and of another for packed ones.

namespace engine::ops::simd::LOWRANK_ISA {

namespace {

// sums += c for one row of a register tile.
template <int Vectors, typename Lanes>
void add_row(const float* c, Vec (&sums)[Vectors], Lanes lanes)
{
    for (int v = 0; v < Vectors; ++v) {
        const float* at = c + v * kLanes;
        sums[v] = sums[v] + (v + 1 < Vectors ? load(at) : load_lanes(at, lanes));
    }
}

template <int Vectors, typename Lanes>
void store_row(float* c, const Vec (&sums)[Vectors], Lanes lanes)
{
    for (int v = 0; v < Vectors - 1; ++v) {
        store(c + v * kLanes, sums[v]);
    }
    store_lanes(c + (Vectors - 1) * kLanes, sums[Vectors - 1], lanes);
}

// How a lies, and the register tile that suits it. Packed: its strides are known while compiling.
struct Packed
{
    static constexpr int kRows = kPackedRows;
    static constexpr int kVectors = kPackedVectors;

    static constexpr std::int64_t row(const TileProduct& /*p*/) { return kPackedStride; }

    static constexpr std::int64_t column(const TileProduct& /*p*/) { return 1; }
};

struct InPlace
{
    static constexpr int kRows = kTileRows;
    static constexpr int kVectors = kTileVectors;

    static std::int64_t row(const TileProduct& p) { return p.a_row; }

    static std::int64_t column(const TileProduct& p) { return p.a_column; }
};

// Rows x Vectors accumulators; the last vector has `lanes`.
template <typename A, int Rows, int Vectors, typename Lanes>
void register_tile(const TileProduct& p, std::int64_t i, std::int64_t j, Lanes lanes)
{
    Vec sums[Rows][Vectors];
    for (int r = 0; r < Rows; ++r) {
        for (int v = 0; v < Vectors; ++v) {
            sums[r][v] = set(0.0F);
        }
    }
    const float* a = p.a + i * A::row(p);
    const float* b = p.b + j;
    for (std::int64_t l = 0; l < p.k; ++l) {
        Vec columns[Vectors];
        for (int v = 0; v < Vectors; ++v) {
            const float* at = b + v * kLanes;
            columns[v] = v + 1 < Vectors ? load(at) : load_lanes(at, lanes);
        }
        for (int r = 0; r < Rows; ++r) {
            const Vec row = set(a[r * A::row(p)]);
            for (int v = 0; v < Vectors; ++v) {
                sums[r][v] = fma(row, columns[v], sums[r][v]);
            }
        }
        a += A::column(p);
        b += p.ldb;
    }
    for (int r = 0; r < Rows; ++r) {
        float* c = p.c + (i + r) * p.ldc + j;
        if (p.accumulate) {
            add_row(c, sums[r], lanes);
        }
        store_row(c, sums[r], lanes);
    }
}

template <typename A, int Rows, typename Lanes>
void tile_columns(const TileProduct& p, std::int64_t i, std::int64_t j, int vectors, Lanes lanes)
{
    switch (vectors) {
    case 1:
        return register_tile<A, Rows, 1>(p, i, j, lanes);
    case 2:
        return register_tile<A, Rows, 2>(p, i, j, lanes);
    case 3:
        if constexpr (A::kVectors >= 3) {
            return register_tile<A, Rows, 3>(p, i, j, lanes);
        }
        break;
    default:
        if constexpr (A::kVectors >= 4) {
            return register_tile<A, Rows, 4>(p, i, j, lanes);
        }
    }
}

template <typename A, int Rows>
void tile_rows(const TileProduct& p, std::int64_t i)
{
    constexpr std::int64_t kWidth = A::kVectors * kLanes;
    std::int64_t j = 0;
    for (; j + kWidth <= p.n; j += kWidth) {
        register_tile<A, Rows, A::kVectors>(p, i, j, AllLanes{});
    }
    if (j < p.n) {
        const std::int64_t rest = p.n - j;
        const auto vectors = static_cast<int>((rest + kLanes - 1) / kLanes);
        if (rest % kLanes == 0) {
            tile_columns<A, Rows>(p, i, j, vectors, AllLanes{});
        } else {
            tile_columns<A, Rows>(p, i, j, vectors, SomeLanes{rest % kLanes});
        }
    }
}

template <typename A>
void tile_all_rows(const TileProduct& p)
{
    std::int64_t i = 0;
    for (; i + A::kRows <= p.m; i += A::kRows) {
        tile_rows<A, A::kRows>(p, i);
    }
    for (; i + 4 <= p.m; i += 4) {
        tile_rows<A, 4>(p, i);
    }
    for (; i < p.m; ++i) {
        tile_rows<A, 1>(p, i);
    }
}

void tile_product(const TileProduct& p)
{
    if (p.a_row == kPackedStride && p.a_column == 1) {
        tile_all_rows<Packed>(p);
    } else {
        tile_all_rows<InPlace>(p);
    }
}

} // namespace

} // namespace engine::ops::simd::LOWRANK_ISA

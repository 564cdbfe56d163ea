// Kernel body of the small matrix product: register tiles of kTileRows rows by kTileVectors
// vectors.

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

// Rows x Vectors accumulators; the last vector has `lanes`.
template <int Rows, int Vectors, typename Lanes>
void register_tile(const TileProduct& p, std::int64_t i, std::int64_t j, Lanes lanes)
{
    Vec sums[Rows][Vectors];
    for (int r = 0; r < Rows; ++r) {
        for (int v = 0; v < Vectors; ++v) {
            sums[r][v] = set(0.0F);
        }
    }
    const float* a = p.a + i * p.a_row;
    const float* b = p.b + j;
    for (std::int64_t l = 0; l < p.k; ++l) {
        Vec columns[Vectors];
        for (int v = 0; v < Vectors; ++v) {
            const float* at = b + v * kLanes;
            columns[v] = v + 1 < Vectors ? load(at) : load_lanes(at, lanes);
        }
        for (int r = 0; r < Rows; ++r) {
            const Vec row = set(a[r * p.a_row]);
            for (int v = 0; v < Vectors; ++v) {
                sums[r][v] = fma(row, columns[v], sums[r][v]);
            }
        }
        a += p.a_column;
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

template <int Rows, typename Lanes>
void tile_columns(const TileProduct& p, std::int64_t i, std::int64_t j, int vectors, Lanes lanes)
{
    switch (vectors) {
    case 1:
        return register_tile<Rows, 1>(p, i, j, lanes);
    case 2:
        return register_tile<Rows, 2>(p, i, j, lanes);
    case 3:
        if constexpr (kTileVectors >= 3) {
            return register_tile<Rows, 3>(p, i, j, lanes);
        }
        break;
    default:
        if constexpr (kTileVectors >= 4) {
            return register_tile<Rows, 4>(p, i, j, lanes);
        }
    }
}

template <int Rows>
void tile_rows(const TileProduct& p, std::int64_t i)
{
    constexpr std::int64_t kWidth = kTileVectors * kLanes;
    std::int64_t j = 0;
    for (; j + kWidth <= p.n; j += kWidth) {
        register_tile<Rows, kTileVectors>(p, i, j, AllLanes{});
    }
    if (j < p.n) {
        const std::int64_t rest = p.n - j;
        const auto vectors = static_cast<int>((rest + kLanes - 1) / kLanes);
        if (rest % kLanes == 0) {
            tile_columns<Rows>(p, i, j, vectors, AllLanes{});
        } else {
            tile_columns<Rows>(p, i, j, vectors, SomeLanes{rest % kLanes});
        }
    }
}

void tile_product(const TileProduct& p)
{
    std::int64_t i = 0;
    for (; i + kTileRows <= p.m; i += kTileRows) {
        tile_rows<kTileRows>(p, i);
    }
    for (; i + 4 <= p.m; i += 4) {
        tile_rows<4>(p, i);
    }
    for (; i < p.m; ++i) {
        tile_rows<1>(p, i);
    }
}

} // namespace

} // namespace engine::ops::simd::LOWRANK_ISA

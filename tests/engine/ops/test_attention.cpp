// Attention forward, backward and with a cache, against the full score matrix in double.
#include "engine/ops/attention.h"
#include "tests/engine/ops/op_test.h"
#include "tests/support/reference_attention.h"

namespace lowrank_test {

namespace {

using engine::ops::AttentionShape;
using reference::AttentionProblem;

class AttentionTest : public OpTest
{};

LOWRANK_FOR_EACH_DTYPE(AttentionTest);

// A problem as tensors, its outputs, and the same numbers in double.
struct Case
{
    AttentionProblem problem;
    std::int64_t n, width, kv_width, max_seq_len = 0;
    GuardedTensor q, k, v, out, lse;
    engine::Tensor scratch;

    Case(engine::Backend& backend,
         DType dtype,
         const AttentionShape& shape,
         std::vector<std::int32_t> offsets)
        : problem{shape, std::move(offsets), {}, {}, {}}
        , n(problem.tokens())
        , width(shape.num_heads * shape.head_dim)
        , kv_width(shape.num_kv_heads * shape.head_dim)
        , q(random_tensor(dtype, {n, width}, 1))
        , k(random_tensor(dtype, {n, kv_width}, 2))
        , v(random_tensor(dtype, {n, kv_width}, 3))
        , out(dtype, {n, width})
        , lse(DType::F32, {shape.num_heads, n})
    {
        problem.q = q.values();
        problem.k = k.values();
        problem.v = v.values();
        for (std::size_t s = 1; s < problem.offsets.size(); ++s) {
            max_seq_len =
                std::max<std::int64_t>(max_seq_len, problem.offsets[s] - problem.offsets[s - 1]);
        }
        const std::int64_t bytes =
            engine::ops::attention_scratch_bytes(backend, shape, dtype, n, max_seq_len);
        scratch = backend.tensor(DType::F32, {bytes / static_cast<std::int64_t>(sizeof(float))});
        const std::vector<float> poison(static_cast<std::size_t>(scratch.numel()), NAN);
        backend.upload(poison.data(), scratch);
    }

    void forward(engine::Backend& backend)
    {
        engine::ops::attention_forward(backend,
                                       {.shape = problem.shape,
                                        .q = q.view(),
                                        .k = k.view(),
                                        .v = v.view(),
                                        .offsets = view_of(problem.offsets),
                                        .max_seq_len = max_seq_len,
                                        .out = out.view(),
                                        .lse = lse.view(),
                                        .scratch = scratch.view()});
    }

    void backward(engine::Backend& backend,
                  GuardedTensor& dout,
                  GuardedTensor& dq,
                  GuardedTensor& dk,
                  GuardedTensor& dv)
    {
        engine::ops::attention_backward(backend,
                                        {.shape = problem.shape,
                                         .q = q.view(),
                                         .k = k.view(),
                                         .v = v.view(),
                                         .out = out.view(),
                                         .lse = lse.view(),
                                         .offsets = view_of(problem.offsets),
                                         .max_seq_len = max_seq_len,
                                         .dout = dout.view(),
                                         .dq = dq.view(),
                                         .dk = dk.view(),
                                         .dv = dv.view(),
                                         .scratch = scratch.view()});
    }
};

AttentionShape shape_of(std::int64_t heads, std::int64_t kv_heads, std::int64_t head_dim)
{
    return {.num_heads = heads,
            .num_kv_heads = kv_heads,
            .head_dim = head_dim,
            .scale = 1.0F / std::sqrt(static_cast<float>(head_dim))};
}

// Shapes around the block size of 64 and a warp's 16 rows, packed sequences, grouped heads,
// windows, head sizes that tensor cores take (multiples of 8 up to 128) and others.
std::vector<std::pair<AttentionShape, std::vector<std::int32_t>>> shape_grid()
{
    AttentionShape windowed = shape_of(4, 2, 33);
    windowed.sliding_window = 20;
    AttentionShape narrow = shape_of(2, 2, 16);
    narrow.sliding_window = 1;
    AttentionShape wide = shape_of(2, 1, 31);
    wide.sliding_window = 100;
    // The first row of a warp sees one key of a tile.
    AttentionShape windowed_64 = shape_of(2, 1, 64);
    windowed_64.sliding_window = 18;
    AttentionShape windowed_128 = shape_of(4, 2, 128);
    windowed_128.sliding_window = 66;
    return {{shape_of(1, 1, 1), {0, 1}},
            {shape_of(2, 1, 31), {0, 31}},
            {shape_of(4, 2, 48), {0, 33, 34, 34, 127}},
            {shape_of(3, 3, 64), {0, 64, 129}},
            {shape_of(2, 1, 127), {0, 65}},
            {windowed, {0, 130, 131, 200}},
            {narrow, {0, 70}},
            {wide, {0, 257}},
            {shape_of(1, 1, 8), {0, 17}},
            {shape_of(2, 1, 72), {0, 65}},
            {shape_of(4, 1, 64), {0, 15, 31, 48, 113, 300}},
            {shape_of(2, 1, 128), {0, 63, 127, 260}},
            {windowed_64, {0, 150}},
            {windowed_128, {0, 16, 175}}};
}

TEST_P(AttentionTest, ForwardAgreesWithReference)
{
    for (const auto& [shape, offsets] : shape_grid()) {
        Case test(backend, dtype, shape, offsets);
        test.forward(backend);
        Values lse;
        const Values wanted = reference::attention(test.problem, &lse);
        expect_output("out", test.out, wanted, dtype);
        // lse is float32 whatever the inputs; a single key's is the score itself, near zero.
        expect_output("lse", test.lse, lse, DType::F32);
    }
}

TEST_P(AttentionTest, ReferenceBackwardAgreesWithCentralDifferences)
{
    AttentionShape shape = shape_of(2, 1, 4);
    shape.sliding_window = 3;
    Case test(backend, dtype, shape, {0, 5, 7});
    const Values dout = random_values(test.n * test.width, 4);
    const reference::AttentionGradients analytic =
        reference::attention_backward(test.problem, dout);
    const auto numeric = [&](Values AttentionProblem::*member) {
        AttentionProblem problem = test.problem;
        return central_differences(
            [&](const Values& x) {
                problem.*member = x;
                return weighted_sum(reference::attention(problem), dout);
            },
            test.problem.*member);
    };
    expect_close("dq", analytic.dq, numeric(&AttentionProblem::q), DType::F32);
    expect_close("dk", analytic.dk, numeric(&AttentionProblem::k), DType::F32);
    expect_close("dv", analytic.dv, numeric(&AttentionProblem::v), DType::F32);
}

TEST_P(AttentionTest, BackwardAgreesWithReference)
{
    for (const auto& [shape, offsets] : shape_grid()) {
        if (offsets.back() == 1) {
            continue; // one token: dq and dk are zero and have no scale to compare with
        }
        Case test(backend, dtype, shape, offsets);
        test.forward(backend);
        GuardedTensor dout = random_tensor(dtype, {test.n, test.width}, 4);
        GuardedTensor dq(dtype, {test.n, test.width});
        GuardedTensor dk(dtype, {test.n, test.kv_width});
        GuardedTensor dv(dtype, {test.n, test.kv_width});
        test.backward(backend, dout, dq, dk, dv);
        const reference::AttentionGradients wanted =
            reference::attention_backward(test.problem, dout.values());
        expect_output("dv", dv, wanted.dv, dtype);
        if (shape.sliding_window != 1) { // one visible key: dq and dk are zero
            expect_output("dq", dq, wanted.dq, dtype);
            expect_output("dk", dk, wanted.dk, dtype);
        }
    }
}

TEST_P(AttentionTest, SameBitsEveryTime)
{
    Case test(backend, dtype, shape_of(4, 2, 48), {0, 100, 257});
    test.forward(backend);
    const Values first_out = test.out.values();
    GuardedTensor dout = random_tensor(dtype, {test.n, test.width}, 4);
    GuardedTensor dq(dtype, {test.n, test.width});
    GuardedTensor dk(dtype, {test.n, test.kv_width});
    GuardedTensor dv(dtype, {test.n, test.kv_width});
    test.backward(backend, dout, dq, dk, dv);
    const Values first_dq = dq.values();
    const Values first_dk = dk.values();
    test.forward(backend);
    test.backward(backend, dout, dq, dk, dv);
    EXPECT_EQ(test.out.values(), first_out);
    EXPECT_EQ(dq.values(), first_dq);
    EXPECT_EQ(dk.values(), first_dk);
}

TEST_P(AttentionTest, SequencesDoNotSeeTheirNeighbours)
{
    Case test(backend, dtype, shape_of(2, 2, 32), {0, 40, 90});
    test.forward(backend);
    const Values before = test.out.values();
    // Other keys and values in the first sequence change nothing in the second.
    Values k = test.k.values();
    Values v = test.v.values();
    for (std::int64_t i = 0; i < 40 * test.kv_width; ++i) {
        k[static_cast<std::size_t>(i)] += 3.0;
        v[static_cast<std::size_t>(i)] -= 5.0;
    }
    test.k.set(k);
    test.v.set(v);
    test.forward(backend);
    const Values after = test.out.values();
    const auto second = static_cast<std::ptrdiff_t>(40 * test.width);
    EXPECT_TRUE(std::equal(before.begin() + second, before.end(), after.begin() + second));
    EXPECT_FALSE(std::equal(before.begin(), before.begin() + second, after.begin()));
}

TEST_P(AttentionTest, CachedAgreesWithTheLastRowsOfForward)
{
    for (const auto& [head_dim, window] : {std::pair{33, 0},
                                           std::pair{33, 9},
                                           std::pair{64, 0},
                                           std::pair{64, 9},
                                           std::pair{128, 0}}) {
        AttentionShape shape = shape_of(4, 2, head_dim);
        shape.sliding_window = window;
        for (const std::int64_t n_new : {1, 2, 16, 70}) {
            Case test(backend, dtype, shape, {0, 100});
            const Values all = reference::attention(test.problem);
            GuardedTensor out(dtype, {n_new, test.width});
            engine::ops::attention_cached(backend,
                                          shape,
                                          test.q.view().rows(100 - n_new, 100),
                                          test.k.view(),
                                          test.v.view(),
                                          100,
                                          out.view());
            const Values wanted(all.end() - static_cast<std::ptrdiff_t>(n_new * test.width),
                                all.end());
            expect_output("out", out, wanted, dtype);
        }
    }
}

// The last rows of reference::attention, which a long sequence would take long for.
Values last_rows(const AttentionProblem& p, std::int64_t count)
{
    const std::int64_t d = p.shape.head_dim;
    Values out;
    for (std::int64_t i = p.tokens() - count; i < p.tokens(); ++i) {
        for (std::int64_t head = 0; head < p.shape.num_heads; ++head) {
            double unused = 0.0;
            const Values row = reference::attention_row(p, i, head, unused);
            Values sums = reference::zeros(d);
            for (std::int64_t j = 0; j < p.tokens(); ++j) {
                for (std::int64_t c = 0; c < d; ++c) {
                    reference::at(sums, c) +=
                        reference::at(row, j) * reference::at(p.v, p.kv_at(j, p.kv_head(head), c));
                }
            }
            out.insert(out.end(), sums.begin(), sums.end());
        }
    }
    return out;
}

struct CachedCase
{
    AttentionShape shape;
    std::int64_t window, length, n_new;
};

// Caches of several parts of 256 keys: windows that start within a part, rows whose window begins
// after the first part or whose last part lies in the future, more query heads of a key/value head
// than a block takes, every head size; at last so long and so wide that parts are longer.
TEST_P(AttentionTest, CachedFewRowsOfALongCache)
{
    for (const auto& [plain, window, length, n_new] : {CachedCase{shape_of(2, 1, 64), 0, 600, 1},
                                                       {shape_of(2, 2, 33), 0, 513, 2},
                                                       {shape_of(4, 1, 128), 0, 770, 15},
                                                       {shape_of(2, 1, 200), 0, 256, 1},
                                                       {shape_of(3, 1, 256), 0, 900, 3},
                                                       {shape_of(9, 1, 8), 300, 1000, 1},
                                                       {shape_of(2, 1, 64), 258, 1000, 15},
                                                       {shape_of(2, 1, 31), 250, 1000, 15},
                                                       {shape_of(2, 1, 72), 5, 600, 1},
                                                       {shape_of(1, 1, 8), 0, 17000, 2},
                                                       {shape_of(32, 1, 136), 0, 2400, 15}}) {
        SCOPED_TRACE(testing::Message()
                     << plain.head_dim << ", window " << window << ", length " << length);
        AttentionShape shape = plain;
        shape.sliding_window = window;
        const std::int64_t kv_width = shape.num_kv_heads * shape.head_dim;
        const std::int64_t width = shape.num_heads * shape.head_dim;
        GuardedTensor q = random_tensor(dtype, {n_new, width}, 1);
        GuardedTensor k = random_tensor(dtype, {length, kv_width}, 2);
        GuardedTensor v = random_tensor(dtype, {length, kv_width}, 3);
        AttentionProblem problem = {
            shape, {0, static_cast<std::int32_t>(length)}, {}, k.values(), v.values()};
        problem.q = reference::zeros((length - n_new) * width);
        const Values queries = q.values();
        problem.q.insert(problem.q.end(), queries.begin(), queries.end());
        // What lies beyond `length` is not read.
        const auto with_room = [&](GuardedTensor& filled) {
            Values values = filled.values();
            values.resize(values.size() + static_cast<std::size_t>(5 * kv_width), NAN);
            return GuardedTensor(dtype, {length + 5, kv_width}, values);
        };
        GuardedTensor k_cache = with_room(k);
        GuardedTensor v_cache = with_room(v);
        GuardedTensor out(dtype, {n_new, width});
        const auto compute = [&] {
            engine::ops::attention_cached(
                backend, shape, q.view(), k_cache.view(), v_cache.view(), length, out.view());
        };
        poison_scratch();
        compute();
        expect_output("out", out, last_rows(problem, n_new), dtype);
        const Values first = out.values();
        compute();
        EXPECT_EQ(out.values(), first);
    }
}

TEST_P(AttentionTest, RefusesBadArguments)
{
    LOWRANK_NEEDS_HOST_MEMORY();
    const auto refuse = [&](const AttentionShape& shape,
                            const std::vector<std::int32_t>& offsets,
                            std::int64_t max_seq_len) {
        Case test(backend, dtype, shape_of(4, 2, 16), {0, 10});
        expect_refusal("attention_forward", [&] {
            engine::ops::attention_forward(backend,
                                           {.shape = shape,
                                            .q = test.q.view(),
                                            .k = test.k.view(),
                                            .v = test.v.view(),
                                            .offsets = view_of(offsets),
                                            .max_seq_len = max_seq_len,
                                            .out = test.out.view(),
                                            .lse = test.lse.view(),
                                            .scratch = test.scratch.view()});
        });
    };
    const AttentionShape good = shape_of(4, 2, 16);
    refuse(shape_of(4, 3, 16), {0, 10}, 10); // 3 does not divide 4
    refuse(shape_of(4, 2, 15), {0, 10}, 10); // q is wider
    refuse(good, {0, 9}, 10);                // one token belongs to nobody
    refuse(good, {1, 10}, 10);
    refuse(good, {0, 6, 5, 10}, 10); // a negative length
    refuse(good, {0, 10}, 9);        // longer than announced
    refuse(good, {}, 10);
    AttentionShape unscaled = good;
    unscaled.scale = 0.0F;
    refuse(unscaled, {0, 10}, 10);
}

} // namespace

} // namespace lowrank_test

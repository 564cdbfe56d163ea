// Attention: argument checks and dispatch.
#include "engine/ops/attention.h"

#include "engine/ops/check_args.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/tensor/dispatch.h"

namespace engine::ops {

namespace {

void check_attention_shape(const char* op, const AttentionShape& shape)
{
    ENGINE_CHECK(shape.num_kv_heads > 0 && shape.num_heads > 0 && shape.head_dim > 0
                     && shape.num_heads % shape.num_kv_heads == 0,
                 op,
                 ": num_heads is ",
                 shape.num_heads,
                 ", num_kv_heads is ",
                 shape.num_kv_heads,
                 ", head_dim is ",
                 shape.head_dim,
                 ", wanted positive numbers and a multiple of num_kv_heads");
    ENGINE_CHECK(shape.sliding_window >= 0,
                 op,
                 ": sliding_window is ",
                 shape.sliding_window,
                 ", wanted 0 or more");
    ENGINE_CHECK(shape.scale > 0.0F, op, ": scale is ", shape.scale, ", wanted more than 0");
}

// offsets start at 0, never fall, end at n, and no sequence is longer than max_seq_len.
void check_offsets(const char* op,
                   const Backend& backend,
                   ConstTensorView offsets,
                   std::int64_t n,
                   std::int64_t max_seq_len)
{
    check_rank(op, "offsets", offsets, 1);
    check_dtype(op, "offsets", offsets, DType::I32);
    ENGINE_CHECK(offsets.numel() >= 1, op, ": offsets are empty, wanted sequences + 1 numbers");
    if (!backend.shares_host_memory()) {
        return;
    }
    const auto* offset = offsets.data<std::int32_t>();
    const std::int64_t count = offsets.numel();
    ENGINE_CHECK(offset[0] == 0 && offset[count - 1] == n,
                 op,
                 ": offsets run from ",
                 offset[0],
                 " to ",
                 offset[count - 1],
                 ", wanted 0 to ",
                 n);
    for (std::int64_t s = 1; s < count; ++s) {
        const std::int64_t length = offset[s] - offset[s - 1];
        ENGINE_CHECK(length >= 0 && length <= max_seq_len,
                     op,
                     ": sequence ",
                     s - 1,
                     " has ",
                     length,
                     " tokens, max_seq_len is ",
                     max_seq_len);
    }
}

// Shape and dtype of one tensor of `heads` heads per row.
void check_heads(const char* op,
                 const char* name,
                 ConstTensorView tensor,
                 std::int64_t n,
                 std::int64_t width,
                 DType dtype)
{
    check_shape(op, name, tensor, {n, width});
    check_dtype(op, name, tensor, dtype);
}

void check_scratch(const char* op,
                   Backend& backend,
                   const AttentionShape& shape,
                   DType dtype,
                   std::int64_t n,
                   std::int64_t max_seq_len,
                   TensorView scratch)
{
    const std::int64_t wanted = attention_scratch_bytes(backend, shape, dtype, n, max_seq_len);
    ENGINE_CHECK(scratch.defined() && static_cast<std::int64_t>(scratch.bytes()) >= wanted,
                 op,
                 ": scratch has ",
                 scratch.defined() ? scratch.bytes() : 0,
                 " bytes, wanted ",
                 wanted);
}

} // namespace

void attention_forward(Backend& backend, const AttentionForwardArgs& args)
{
    constexpr const char* kOp = "attention_forward";
    const AttentionShape& shape = args.shape;
    check_attention_shape(kOp, shape);
    check_rank(kOp, "q", args.q, 2);
    check_float(kOp, "q", args.q);
    const std::int64_t n = args.q.size(0);
    const DType dtype = args.q.dtype();
    check_heads(kOp, "q", args.q, n, shape.num_heads * shape.head_dim, dtype);
    check_heads(kOp, "k", args.k, n, shape.num_kv_heads * shape.head_dim, dtype);
    check_heads(kOp, "v", args.v, n, shape.num_kv_heads * shape.head_dim, dtype);
    check_heads(kOp, "out", args.out, n, shape.num_heads * shape.head_dim, dtype);
    if (args.lse.defined()) {
        check_heads(kOp, "lse", args.lse, shape.num_heads, n, DType::F32);
    }
    check_device(
        kOp, backend, {args.q, args.k, args.v, args.offsets, args.out, args.lse, args.scratch});
    check_offsets(kOp, backend, args.offsets, n, args.max_seq_len);
    check_scratch(kOp, backend, shape, dtype, n, args.max_seq_len, args.scratch);
    dispatch_device(backend, [&](auto& device) { kernels::attention_forward(device, args); });
}

void attention_backward(Backend& backend, const AttentionBackwardArgs& args)
{
    constexpr const char* kOp = "attention_backward";
    const AttentionShape& shape = args.shape;
    check_attention_shape(kOp, shape);
    check_rank(kOp, "q", args.q, 2);
    check_float(kOp, "q", args.q);
    const std::int64_t n = args.q.size(0);
    const DType dtype = args.q.dtype();
    const std::int64_t width = shape.num_heads * shape.head_dim;
    const std::int64_t kv_width = shape.num_kv_heads * shape.head_dim;
    check_heads(kOp, "q", args.q, n, width, dtype);
    check_heads(kOp, "k", args.k, n, kv_width, dtype);
    check_heads(kOp, "v", args.v, n, kv_width, dtype);
    check_heads(kOp, "out", args.out, n, width, dtype);
    check_heads(kOp, "dout", args.dout, n, width, dtype);
    check_heads(kOp, "dq", args.dq, n, width, dtype);
    check_heads(kOp, "dk", args.dk, n, kv_width, dtype);
    check_heads(kOp, "dv", args.dv, n, kv_width, dtype);
    check_heads(kOp, "lse", args.lse, shape.num_heads, n, DType::F32);
    check_device(kOp,
                 backend,
                 {args.q,
                  args.k,
                  args.v,
                  args.out,
                  args.lse,
                  args.offsets,
                  args.dout,
                  args.dq,
                  args.dk,
                  args.dv,
                  args.scratch});
    check_offsets(kOp, backend, args.offsets, n, args.max_seq_len);
    check_scratch(kOp, backend, shape, dtype, n, args.max_seq_len, args.scratch);
    dispatch_device(backend, [&](auto& device) { kernels::attention_backward(device, args); });
}

std::int64_t attention_scratch_bytes(Backend& backend,
                                     const AttentionShape& shape,
                                     DType dtype,
                                     std::int64_t n,
                                     std::int64_t max_seq_len)
{
    check_attention_shape("attention_scratch_bytes", shape);
    return dispatch_device(backend, [&](auto& device) {
        return kernels::attention_scratch_bytes(device, shape, dtype, n, max_seq_len);
    });
}

void attention_cached(Backend& backend,
                      const AttentionShape& shape,
                      ConstTensorView q,
                      ConstTensorView k_cache,
                      ConstTensorView v_cache,
                      std::int64_t length,
                      TensorView out)
{
    constexpr const char* kOp = "attention_cached";
    check_attention_shape(kOp, shape);
    check_rank(kOp, "q", q, 2);
    check_rank(kOp, "k_cache", k_cache, 2);
    check_float(kOp, "q", q);
    const std::int64_t n_new = q.size(0);
    const std::int64_t capacity = k_cache.size(0);
    check_heads(kOp, "q", q, n_new, shape.num_heads * shape.head_dim, q.dtype());
    check_heads(kOp, "out", out, n_new, shape.num_heads * shape.head_dim, q.dtype());
    check_heads(kOp, "k_cache", k_cache, capacity, shape.num_kv_heads * shape.head_dim, q.dtype());
    check_heads(kOp, "v_cache", v_cache, capacity, shape.num_kv_heads * shape.head_dim, q.dtype());
    ENGINE_CHECK(n_new <= length && length <= capacity,
                 kOp,
                 ": length is ",
                 length,
                 ", new rows ",
                 n_new,
                 ", capacity ",
                 capacity);
    check_device(kOp, backend, {q, k_cache, v_cache, out});
    dispatch_device(backend, [&](auto& device) {
        kernels::attention_cached(device, shape, q, k_cache, v_cache, length, out);
    });
}

} // namespace engine::ops

// What each GPU kernel is given: one plain struct, the same for the program that fills it and the
// device code that reads it. Pointers are the device's. Untyped ones point to elements of the
// kernel's dtype. One file because both compilers must see one layout.
//
// No struct has bytes that belong to no member: work is the same when its bytes are.
#pragma once

namespace engine::ops::kernels {

// NOLINTBEGIN(cppcoreguidelines-pro-type-member-init): whoever launches names every member

using Index = long long;

// y[i] = x[i], from dtype to dtype.
struct ConvertArgs
{
    static constexpr const char* kKernel = "convert";
    const void* x;
    void* y;
    Index n;
};

// y = a + b.
struct AddArgs
{
    static constexpr const char* kKernel = "add";
    const void* a;
    const void* b;
    void* y;
    Index n;
};

// y = a - b, or a where b is null; rows of `width` that lie a stride apart in a and y. One thread
// an element.
struct SubtractKernelArgs
{
    static constexpr const char* kKernel = "subtract";
    const void* a;
    const void* b;
    void* y;
    Index n;
    Index width;
    Index a_stride;
    Index y_stride;
};

// x *= factor.
struct ScaleArgs
{
    static constexpr const char* kKernel = "scale";
    void* x;
    Index n;
    float factor;
    int unused = 0;
};

// x[row] += bias; one block a row.
struct AddBiasArgs
{
    static constexpr const char* kKernel = "add_bias";
    void* x;
    const void* bias;
    Index width;
    int bias_is_bf16;
    int unused = 0;
};

// to[i] = from[rows[i]] (gather), or to[rows[i]] = from[i] (scatter); one block a row.
struct MoveRowsArgs
{
    static constexpr const char* kKernel = "move_rows";
    const void* from;
    void* to;
    const int* rows;
    Index width;
    int scatter;
    int unused = 0;
};

// y[i] = table[ids[i]], converting; one block a row.
struct EmbeddingArgs
{
    static constexpr const char* kKernel = "embedding";
    const int* ids;
    const void* table;
    void* y;
    Index width;
};

// Row numbers sorted by id, those of the same id in their order; counts has at the first of an id
// how many follow from there, elsewhere 0. One warp a row.
struct EmbeddingOrderArgs
{
    static constexpr const char* kKernel = "embedding_order";
    const int* ids;
    int* order;
    int* counts;
    int rows;
    int unused = 0;
};

// dtable[ids[i]] += dy[i] in the rows' order; grid (rows as sorted, blocks of columns).
struct EmbeddingBackwardArgs
{
    static constexpr const char* kKernel = "embedding_backward";
    const int* ids;
    const int* order;
    const int* counts;
    const void* dy;
    float* dtable;
    Index width;
};

// One block a row; rstd may be null.
struct RmsNormArgs
{
    static constexpr const char* kKernel = "rms_norm";
    const void* x;
    const void* weight;
    void* y;
    float* rstd;
    Index width;
    float eps;
    int weight_is_bf16;
};

struct RmsNormBackwardKernelArgs
{
    static constexpr const char* kKernel = "rms_norm_backward";
    const void* dy;
    const void* x;
    const void* weight;
    const float* rstd;
    void* dx;
    Index width;
    int accumulate;
    int weight_is_bf16;
};

// `lanes` threads a row: lanes_for(width).
struct RmsNormShortRowsArgs
{
    static constexpr const char* kKernel = "rms_norm_short_rows";
    RmsNormArgs in;
    Index rows;
    int lanes;
    int unused = 0;
};

struct RmsNormBackwardShortRowsArgs
{
    static constexpr const char* kKernel = "rms_norm_backward_short_rows";
    RmsNormBackwardKernelArgs in;
    Index rows;
    int lanes;
    int unused = 0;
};

// One block a row; `direction` is 1 or -1.
struct RopeArgs
{
    static constexpr const char* kKernel = "rope";
    void* x;
    const int* positions;
    const float* cos_table;
    const float* sin_table;
    int heads;
    int head_dim;
    float direction;
    int unused = 0;
};

struct SwigluArgs
{
    static constexpr const char* kKernel = "swiglu";
    const void* gate;
    const void* up;
    void* h;
    Index n;
};

struct SwigluBackwardArgs
{
    static constexpr const char* kKernel = "swiglu_backward";
    const void* dh;
    const void* gate;
    const void* up;
    void* dgate;
    void* dup;
    Index n;
};

// Keeps an element whose word is >= `threshold`.
struct DropoutArgs
{
    static constexpr const char* kKernel = "dropout";
    const void* x;
    void* y;
    Index n;
    unsigned long long seed;
    unsigned long long stream;
    unsigned threshold;
    float kept; // 1 / (1 - p)
    int accumulate;
    int unused = 0;
};

// One block a row; logits become their gradient when `write_gradient`.
struct CrossEntropyKernelArgs
{
    static constexpr const char* kKernel = "cross_entropy";
    float* logits;
    const int* labels;
    const float* weights;
    float* losses;
    Index vocab_size;
    int write_gradient;
    int unused = 0;
};

// loss = the sum of weights[i] * losses[i], in float64; one block.
struct WeightedLossArgs
{
    static constexpr const char* kKernel = "weighted_loss";
    const float* losses;
    const float* weights;
    float* loss;
    Index n;
};

// NOLINTEND(cppcoreguidelines-pro-type-member-init)

} // namespace engine::ops::kernels

// Matrix product on the CPU: oneDNN where it serves, else our own kernels.
//
// But for its general gemm, oneDNN compiles a program for every shape, and the number of tokens
// changes from one packed batch to the next. So the token axis (rows of a) is cut into pieces of
// few lengths: a multiple of 256, then a multiple of 32, then powers of two. A dozen programs serve
// every batch; every further piece reads all of b again, so they are as long as that allows.
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/matmul_backends.h"

namespace engine::ops::kernels {

namespace {

constexpr std::int64_t kLargePiece = 256;
constexpr std::int64_t kMediumPiece = 32;

// The length of the first piece of an axis.
std::int64_t piece_of(std::int64_t length)
{
    if (length >= kLargePiece) {
        return length / kLargePiece * kLargePiece;
    }
    if (length >= kMediumPiece) {
        return length / kMediumPiece * kMediumPiece;
    }
    std::int64_t piece = kMediumPiece / 2;
    while (piece > length) {
        piece /= 2;
    }
    return piece;
}

void product(const MatmulArgs& args)
{
    if (!matmul_onednn(args)) {
        matmul_own(args);
    }
}

// The rows of the piece that ends a product which overwrites c: it may reach back over rows that
// are done, which are only written again, and so replaces several short pieces. 0 when it does not
// fit.
std::int64_t closing_piece(std::int64_t left, std::int64_t m)
{
    const std::int64_t rows = (left + kMediumPiece - 1) / kMediumPiece * kMediumPiece;
    return left < kLargePiece && rows <= m ? rows : 0;
}

// c's rows follow a's.
void product_by_rows(const MatmulArgs& args)
{
    const std::int64_t m = args.a.size(0);
    for (std::int64_t begin = 0; begin < m;) {
        std::int64_t rows = piece_of(m - begin);
        if (args.beta == 0.0F && rows < m - begin) {
            if (const std::int64_t closing = closing_piece(m - begin, m); closing > 0) {
                begin = m - closing;
                rows = closing;
            }
        }
        MatmulArgs piece = args;
        piece.a = some_rows(args.a, args.a_stride, begin, begin + rows);
        piece.c = some_rows(args.c, args.c_stride, begin, begin + rows);
        product(piece);
        begin += rows;
    }
}

// The sum runs over a's rows: pieces after the first add to c, exactly, since c is float32.
void product_by_depth(const MatmulArgs& args)
{
    const std::int64_t k = args.a.size(0);
    for (std::int64_t begin = 0; begin < k;) {
        const std::int64_t end = begin + piece_of(k - begin);
        MatmulArgs piece = args;
        piece.a = some_rows(args.a, args.a_stride, begin, end);
        piece.b = some_rows(args.b, args.b_stride, begin, end);
        piece.beta = begin == 0 ? args.beta : 1.0F;
        product(piece);
        begin = end;
    }
}

} // namespace

void matmul(CpuBackend& backend, const MatmulArgs& args)
{
    if (args.addend.defined() && args.addend.raw() != args.c.raw()) {
        copy(backend, args.addend, args.c);
    }
    const bool transpose_a = args.transpose_a == Transpose::Yes;
    const std::int64_t k = args.a.size(transpose_a ? 0 : 1);
    if (k == 0) {
        // An empty sum: beta * c.
        if (args.beta == 0.0F) {
            zero(backend, args.c);
        }
        return;
    }
    if (matmul_gemm(args)) {
        return;
    }
    if (!transpose_a) {
        product_by_rows(args);
    } else if (args.transpose_b == Transpose::No && args.c.dtype() == DType::F32) {
        product_by_depth(args);
    } else {
        product(args);
    }
}

} // namespace engine::ops::kernels

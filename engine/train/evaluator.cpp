// Sums the losses of every target in double.
#include "engine/train/evaluator.h"

#include <cmath>

namespace engine {

Result<Evaluation> evaluate(Transformer& transformer,
                            const std::vector<MicroBatch>& batches,
                            const LoraAdapter* adapter,
                            StopToken stop)
{
    Evaluation result;
    double sum = 0.0;
    for (const MicroBatch& batch : batches) {
        if (stop.stop_requested()) {
            return Error{ErrorCode::Cancelled, "evaluation: stopped"};
        }
        (void)transformer.run(batch, {.adapter = adapter});
        for (const float loss : transformer.last_losses()) {
            sum += static_cast<double>(loss);
        }
        result.targets += static_cast<std::int64_t>(transformer.last_losses().size());
        result.tokens += batch.num_tokens();
    }
    if (result.targets == 0) {
        return Error{ErrorCode::InvalidArgument, "evaluation: no token to predict in the data"};
    }
    result.loss = sum / static_cast<double>(result.targets);
    result.perplexity = std::exp(result.loss);
    return result;
}

} // namespace engine

// lowrank diff: what adapters changed, and how alike two of them are.
#include <cstdio>
#include <iostream>

#include "engine/cli/commands.h"
#include "engine/cli/print.h"
#include "engine/cli/settings.h"
#include "engine/train/adapter_analysis.h"

namespace cli {

namespace {

using engine::Json;

Json matrix_json(const engine::MatrixAnalysis& matrix)
{
    return {{"layer", matrix.layer},
            {"target", engine::to_string(matrix.target)},
            {"rank", matrix.rank},
            {"delta_norm", matrix.delta_norm},
            {"weight_norm", matrix.weight_norm},
            {"effective_rank", matrix.effective_rank},
            {"singular_values", matrix.singular_values}};
}

Json similarity_json(const engine::SubspaceSimilarity& similarity)
{
    return {{"layer", similarity.layer},
            {"target", engine::to_string(similarity.target)},
            {"rows", similarity.rows},
            {"columns", similarity.columns},
            {"phi", similarity.phi}};
}

void print_matrices(const std::string& path, const std::vector<engine::MatrixAnalysis>& matrices)
{
    std::printf("%s\nlayer  target     rank   |s BA|     |s BA|/|W|  effective rank  largest\n",
                path.c_str());
    for (const engine::MatrixAnalysis& matrix : matrices) {
        std::printf("%5lld  %-9s  %4lld  %9.4g  %11.4g  %14.2f  %9.4g\n",
                    static_cast<long long>(matrix.layer),
                    std::string(engine::to_string(matrix.target)).c_str(),
                    static_cast<long long>(matrix.rank),
                    matrix.delta_norm,
                    matrix.weight_norm > 0.0 ? matrix.delta_norm / matrix.weight_norm : 0.0,
                    matrix.effective_rank,
                    matrix.singular_values.empty() ? 0.0 : matrix.singular_values.front());
    }
}

} // namespace

int run(const DiffArguments& arguments)
{
    check_base(arguments.base);
    const auto backend = engine::value_or_throw(engine::make_backend({}));
    const engine::BaseModel model =
        engine::value_or_throw(engine::BaseModel::load(*backend, arguments.base));
    std::vector<engine::LoraAdapter> adapters;
    Json answer = {{"adapters", Json::array()}};
    for (const std::string& path : arguments.adapters) {
        adapters.push_back(engine::value_or_throw(
            engine::load_adapter(*backend, model.config(), path, engine::DType::F32)));
        const auto matrices = engine::analyze_adapter(*backend, model, adapters.back());
        Json list = Json::array();
        for (const engine::MatrixAnalysis& matrix : matrices) {
            list.push_back(matrix_json(matrix));
        }
        answer["adapters"].push_back({{"path", path}, {"matrices", std::move(list)}});
        if (!arguments.json) {
            print_matrices(path, matrices);
        }
    }
    if (adapters.size() == 2) {
        answer["similarity"] = Json::array();
        for (const auto& entry : engine::compare_adapters(*backend, adapters[0], adapters[1])) {
            answer["similarity"].push_back(similarity_json(entry));
            if (!arguments.json) {
                std::printf("layer %lld %s: shared directions %.3f\n",
                            static_cast<long long>(entry.layer),
                            std::string(engine::to_string(entry.target)).c_str(),
                            entry.phi.back());
            }
        }
    }
    if (arguments.json) {
        print_json(answer);
    }
    return 0;
}

} // namespace cli

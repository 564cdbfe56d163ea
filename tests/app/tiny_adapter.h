// Writes a PEFT adapter for the tiny model.
#pragma once

#include "tests/app/tiny_model.h"

namespace app_test {

// A PEFT adapter of rank 4 for q_proj of every layer of that model.
inline void writeTinyAdapter(const QString& folder, const QString& base)
{
    using namespace Qt::StringLiterals;
    constexpr int kRank = 4;
    TinyWeights weights;
    for (int layer = 0; layer < kTinyLayers; ++layer) {
        const QString name =
            u"base_model.model.model.layers.%1.self_attn.q_proj.lora_%2.weight"_s.arg(layer);
        weights.add(name.arg(u"A"_s), {kRank, kTinyHidden});
        weights.add(name.arg(u"B"_s), {kTinyHidden, kRank});
    }
    QDir().mkpath(folder);
    weights.write(folder + u"/adapter_model.safetensors"_s);
    writeJson(folder + u"/adapter_config.json"_s,
              {{u"peft_type"_s, u"LORA"_s},
               {u"r"_s, kRank},
               {u"lora_alpha"_s, 2 * kRank},
               {u"target_modules"_s, QJsonArray{u"q_proj"_s}},
               {u"base_model_name_or_path"_s, base}});
}

} // namespace app_test

// Writes a llama model of two layers with a byte-level tokenizer, small enough to train in seconds.
#pragma once

#include <cmath>
#include <random>

#include <QJsonArray>
#include <QtEndian>

#include "tests/app/app_test.h"

namespace app_test {

inline constexpr int kTinyHidden = 32;
inline constexpr int kTinyIntermediate = 64;
inline constexpr int kTinyLayers = 2;
inline constexpr int kTinyKeyWidth = 16; // two key/value heads of 8
inline constexpr int kTinyVocab = 257;   // 256 bytes and the end of text

// GPT-2's printable stand-in for a byte.
inline QChar byteSymbol(int byte)
{
    const auto printable = [](int value) {
        return (value >= 33 && value <= 126) || (value >= 161 && value <= 172)
               || (value >= 174 && value <= 255);
    };
    if (printable(byte)) {
        return QChar(byte);
    }
    int before = 0;
    for (int value = 0; value < byte; ++value) {
        before += printable(value) ? 0 : 1;
    }
    return QChar(256 + before);
}

inline void writeTinyTokenizer(const QString& folder)
{
    using namespace Qt::StringLiterals;
    QJsonObject vocab;
    for (int byte = 0; byte < 256; ++byte) {
        vocab.insert(QString(byteSymbol(byte)), byte);
    }
    vocab.insert("<|endoftext|>"_L1, 256);
    const QJsonObject byteLevel{{u"type"_s, u"ByteLevel"_s},
                                {u"add_prefix_space"_s, false},
                                {u"trim_offsets"_s, true},
                                {u"use_regex"_s, true}};
    const QJsonObject end{{u"id"_s, 256},
                          {u"content"_s, u"<|endoftext|>"_s},
                          {u"single_word"_s, false},
                          {u"lstrip"_s, false},
                          {u"rstrip"_s, false},
                          {u"normalized"_s, false},
                          {u"special"_s, true}};
    writeJson(
        folder + u"/tokenizer.json"_s,
        {{u"version"_s, u"1.0"_s},
         {u"added_tokens"_s, QJsonArray{end}},
         {u"normalizer"_s, QJsonValue::Null},
         {u"pre_tokenizer"_s, byteLevel},
         {u"post_processor"_s, QJsonValue::Null},
         {u"decoder"_s, byteLevel},
         {u"model"_s,
          QJsonObject{{u"type"_s, u"BPE"_s}, {u"vocab"_s, vocab}, {u"merges"_s, QJsonArray()}}}});
    writeJson(folder + u"/tokenizer_config.json"_s, {{u"eos_token"_s, u"<|endoftext|>"_s}});
}

// A safetensors file of random weights; norms are one.
class TinyWeights final
{
public:
    void add(const QString& name, const QList<int>& shape)
    {
        using namespace Qt::StringLiterals;
        const qsizetype from = m_bytes.size();
        qint64 count = 1;
        QJsonArray dims;
        for (const int dim : shape) {
            count *= dim;
            dims.append(dim);
        }
        for (qint64 index = 0; index < count; ++index) {
            const float value = shape.size() == 1 ? 1.0F : m_normal(m_random);
            m_bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
        }
        m_header.insert(name,
                        QJsonObject{{u"dtype"_s, u"F32"_s},
                                    {u"shape"_s, dims},
                                    {u"data_offsets"_s, QJsonArray{from, m_bytes.size()}}});
    }

    void write(const QString& path) const
    {
        const QByteArray header = QJsonDocument(m_header).toJson(QJsonDocument::Compact);
        QByteArray size(8, '\0');
        qToLittleEndian<quint64>(static_cast<quint64>(header.size()), size.data());
        writeFile(path, size + header + m_bytes);
    }

private:
    QJsonObject m_header;
    QByteArray m_bytes;
    std::mt19937 m_random{11};
    std::normal_distribution<float> m_normal{0.0F, 0.08F};
};

inline void writeTinyModel(const QString& folder)
{
    using namespace Qt::StringLiterals;
    writeJson(folder + u"/config.json"_s,
              {{u"architectures"_s, QJsonArray{u"LlamaForCausalLM"_s}},
               {u"model_type"_s, u"llama"_s},
               {u"hidden_size"_s, kTinyHidden},
               {u"intermediate_size"_s, kTinyIntermediate},
               {u"num_hidden_layers"_s, kTinyLayers},
               {u"num_attention_heads"_s, 4},
               {u"num_key_value_heads"_s, 2},
               {u"vocab_size"_s, kTinyVocab},
               {u"max_position_embeddings"_s, 256},
               {u"rms_norm_eps"_s, 1e-5},
               {u"rope_theta"_s, 10000.0},
               {u"hidden_act"_s, u"silu"_s},
               {u"tie_word_embeddings"_s, true},
               {u"torch_dtype"_s, u"float32"_s},
               {u"bos_token_id"_s, 256},
               {u"eos_token_id"_s, 256}});
    TinyWeights weights;
    weights.add(u"model.embed_tokens.weight"_s, {kTinyVocab, kTinyHidden});
    weights.add(u"model.norm.weight"_s, {kTinyHidden});
    for (int layer = 0; layer < kTinyLayers; ++layer) {
        const QString prefix = u"model.layers.%1."_s.arg(layer);
        weights.add(prefix + u"input_layernorm.weight"_s, {kTinyHidden});
        weights.add(prefix + u"post_attention_layernorm.weight"_s, {kTinyHidden});
        weights.add(prefix + u"self_attn.q_proj.weight"_s, {kTinyHidden, kTinyHidden});
        weights.add(prefix + u"self_attn.k_proj.weight"_s, {kTinyKeyWidth, kTinyHidden});
        weights.add(prefix + u"self_attn.v_proj.weight"_s, {kTinyKeyWidth, kTinyHidden});
        weights.add(prefix + u"self_attn.o_proj.weight"_s, {kTinyHidden, kTinyHidden});
        weights.add(prefix + u"mlp.gate_proj.weight"_s, {kTinyIntermediate, kTinyHidden});
        weights.add(prefix + u"mlp.up_proj.weight"_s, {kTinyIntermediate, kTinyHidden});
        weights.add(prefix + u"mlp.down_proj.weight"_s, {kTinyHidden, kTinyIntermediate});
    }
    weights.write(folder + u"/model.safetensors"_s);
    writeTinyTokenizer(folder);
}

} // namespace app_test

// Field by field, in the vocabulary's words.
#include "app/catalog/record_json.h"

#include <QJsonArray>
#include <QJsonDocument>

#include "app/files.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

QDateTime date(const QJsonValue& value)
{
    return QDateTime::fromString(value.toString(), Qt::ISODateWithMs);
}

QString text(const QDateTime& time)
{
    return time.toUTC().toString(Qt::ISODateWithMs);
}

QJsonObject toJson(const ModelShape& shape)
{
    return {{u"hidden_size"_s, shape.hiddenSize},
            {u"intermediate_size"_s, shape.intermediateSize},
            {u"num_layers"_s, shape.numLayers},
            {u"num_heads"_s, shape.numHeads},
            {u"num_kv_heads"_s, shape.numKvHeads},
            {u"head_dim"_s, shape.headDim},
            {u"vocab_size"_s, shape.vocabSize},
            {u"max_position_embeddings"_s, shape.maxPositions}};
}

ModelShape shapeFromJson(const QJsonObject& object)
{
    return {object.value("hidden_size"_L1).toInteger(),
            object.value("intermediate_size"_L1).toInteger(),
            object.value("num_layers"_L1).toInteger(),
            object.value("num_heads"_L1).toInteger(),
            object.value("num_kv_heads"_L1).toInteger(),
            object.value("head_dim"_L1).toInteger(),
            object.value("vocab_size"_L1).toInteger(),
            object.value("max_position_embeddings"_L1).toInteger()};
}

} // namespace

QJsonObject toJson(const ModelRecord& record)
{
    return {{u"kind"_s, u"model"_s},
            {u"id"_s, record.id},
            {u"path"_s, record.path},
            {u"name"_s, record.name},
            {u"family"_s, record.family},
            {u"dtype"_s, record.dtype},
            {u"tokenizer"_s, record.tokenizer},
            {u"chat_template"_s, record.chatTemplate},
            {u"license"_s, record.licence},
            {u"hash"_s, record.hash},
            {u"refusal"_s, record.refusal},
            {u"shape"_s, toJson(record.shape)},
            {u"parameters"_s, record.parameters},
            {u"size_bytes"_s, record.sizeBytes},
            {u"added"_s, text(record.added)},
            {u"tags"_s, QJsonArray::fromStringList(record.tags)},
            {u"notes"_s, record.notes}};
}

ModelRecord modelFromJson(const QJsonObject& object)
{
    ModelRecord record;
    record.id = object.value("id"_L1).toString();
    record.path = object.value("path"_L1).toString();
    record.name = object.value("name"_L1).toString();
    record.family = object.value("family"_L1).toString();
    record.dtype = object.value("dtype"_L1).toString();
    record.tokenizer = object.value("tokenizer"_L1).toString();
    record.chatTemplate = object.value("chat_template"_L1).toString();
    record.licence = object.value("license"_L1).toString();
    record.hash = object.value("hash"_L1).toString();
    record.refusal = object.value("refusal"_L1).toString();
    record.shape = shapeFromJson(object.value("shape"_L1).toObject());
    record.parameters = object.value("parameters"_L1).toInteger();
    record.sizeBytes = object.value("size_bytes"_L1).toInteger();
    record.added = date(object.value("added"_L1));
    record.tags = stringsFrom(object.value("tags"_L1));
    record.notes = object.value("notes"_L1).toString();
    return record;
}

QJsonObject toJson(const DatasetRecord& record)
{
    return {{u"kind"_s, u"dataset"_s},
            {u"id"_s, record.id},
            {u"path"_s, record.path},
            {u"name"_s, record.name},
            {u"format"_s, record.format},
            {u"recognized"_s, record.recognized},
            {u"column_map"_s, record.columnMap},
            {u"chat_format"_s, record.chatFormat},
            {u"hash"_s, record.hash},
            {u"rows"_s, record.rows},
            {u"warned"_s, record.warned},
            {u"refused"_s, record.refused},
            {u"size_bytes"_s, record.sizeBytes},
            {u"added"_s, text(record.added)},
            {u"tags"_s, QJsonArray::fromStringList(record.tags)},
            {u"notes"_s, record.notes}};
}

DatasetRecord datasetFromJson(const QJsonObject& object)
{
    DatasetRecord record;
    record.id = object.value("id"_L1).toString();
    record.path = object.value("path"_L1).toString();
    record.name = object.value("name"_L1).toString();
    record.format = object.value("format"_L1).toString();
    record.recognized = object.value("recognized"_L1).toString();
    record.columnMap = object.value("column_map"_L1).toObject();
    record.chatFormat = object.value("chat_format"_L1).toString();
    record.hash = object.value("hash"_L1).toString();
    record.rows = object.value("rows"_L1).toInteger();
    record.warned = object.value("warned"_L1).toInteger();
    record.refused = object.value("refused"_L1).toInteger();
    record.sizeBytes = object.value("size_bytes"_L1).toInteger();
    record.added = date(object.value("added"_L1));
    record.tags = stringsFrom(object.value("tags"_L1));
    record.notes = object.value("notes"_L1).toString();
    return record;
}

QJsonObject toJson(const VoteRecord& record)
{
    return {{u"id"_s, record.id},
            {u"prompt"_s, record.prompt},
            {u"left"_s, record.left},
            {u"right"_s, record.right},
            {u"winner"_s, record.winner},
            {u"created"_s, text(record.created)}};
}

VoteRecord voteFromJson(const QJsonObject& object)
{
    return {object.value("id"_L1).toString(),
            object.value("prompt"_L1).toString(),
            object.value("left"_L1).toString(),
            object.value("right"_L1).toString(),
            object.value("winner"_L1).toString(),
            date(object.value("created"_L1))};
}

QString toJsonText(const QJsonObject& object)
{
    return QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

QJsonObject fromJsonText(const QString& text)
{
    return QJsonDocument::fromJson(text.toUtf8()).object();
}

QString toJsonText(const QStringList& list)
{
    return QString::fromUtf8(
        QJsonDocument(QJsonArray::fromStringList(list)).toJson(QJsonDocument::Compact));
}

QStringList stringsFromJsonText(const QString& text)
{
    return stringsFrom(QJsonDocument::fromJson(text.toUtf8()).array());
}

} // namespace app

// Values by their JSON kind; the form's words for the automatic ones.
#include "app/runs/setting_text.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonObject>
#include <QSet>
#include <QStringList>

#include "app/catalog/record_json.h"
#include "app/human_text.h"
#include "app/runs/run_spec.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr int kSettingDigits = 10;

// lupdate takes the context from here.
struct SettingTexts
{
    Q_DECLARE_TR_FUNCTIONS(app::Comparison)
};

bool isAutomatic(const FieldInfo* info, const QJsonValue& value)
{
    return info != nullptr && info->automaticValue.isValid() && value.isDouble()
           && value.toDouble() == info->automaticValue.toDouble();
}

} // namespace

QString settingText(const QString& key, const QJsonValue& value)
{
    if (value.isUndefined() || value.isNull()) {
        return u"-"_s;
    }
    if (value.isArray()) {
        QStringList parts;
        for (const QJsonValue each : value.toArray()) {
            parts.append(settingText({}, each));
        }
        const bool isOfMap = RunSpec::field(key) == nullptr; // targets and layers
        return !parts.isEmpty() ? parts.join(u", "_s) : isOfMap ? SettingTexts::tr("all") : u"-"_s;
    }
    if (value.isObject()) {
        const QJsonObject object = value.toObject();
        return object.isEmpty() ? u"-"_s : toJsonText(object);
    }
    if (value.isBool()) {
        return value.toBool() ? SettingTexts::tr("on") : SettingTexts::tr("off");
    }
    const FieldInfo* info = RunSpec::field(key);
    if (isAutomatic(info, value)) {
        return info->automatic;
    }
    if (key == "dtype"_L1) {
        return dtypeName(value.toString());
    }
    return value.isDouble() ? QString::number(value.toDouble(), 'g', kSettingDigits)
                            : value.toString();
}

bool isOpenSetting(const QString& key, const QJsonValue& value)
{
    static const QSet<QString> kResolved = {u"warmup_steps"_s,
                                            u"max_steps"_s,
                                            u"micro_batch_size"_s,
                                            u"grad_accum_steps"_s,
                                            u"seq_len"_s,
                                            u"threads"_s};
    return kResolved.contains(key) && isAutomatic(RunSpec::field(key), value);
}

} // namespace app

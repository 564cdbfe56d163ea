// The settings' table, and the ini file behind it.
#include "app/settings.h"

#include <array>
#include <memory>
#include <utility>

#include <QSettings>

#include "engine/core/thread_sanitizer.h"

using namespace Qt::StringLiterals;

namespace app {

namespace {

constexpr auto kCount = static_cast<std::size_t>(Setting::Count);

SettingInfo choice(Setting setting, const QString& key, const QStringList& choices)
{
    return {setting, key, choices.front(), {}, {}, choices};
}

SettingInfo
range(Setting setting, const QString& key, QVariant fallback, QVariant low, QVariant high)
{
    return {setting, key, std::move(fallback), std::move(low), std::move(high), {}};
}

SettingInfo free(Setting setting, const QString& key, QVariant fallback)
{
    return {setting, key, std::move(fallback), {}, {}, {}};
}

const std::array<SettingInfo, kCount>& table()
{
    static const std::array<SettingInfo, kCount> kTable = {
        free(Setting::Workspace, u"workspace"_s, QString()),
        choice(
            Setting::Theme, u"theme"_s, {u"system"_s, u"light"_s, u"dark"_s, u"high_contrast"_s}),
        choice(Setting::Language, u"language"_s, {u"system"_s, u"en"_s, u"ko"_s}),
        free(Setting::Device, u"device"_s, u"auto"_s),
        range(Setting::Threads, u"threads"_s, 0, 0, 1024),
        choice(Setting::OnClose, u"on_close"_s, {u"ask"_s, u"keep_running"_s, u"stop"_s}),
        range(Setting::StopSeconds, u"stop_seconds"_s, 10, 1, 3600),
        range(Setting::TerminateSeconds, u"terminate_seconds"_s, 5, 1, 600),
        range(Setting::StartSeconds, u"start_seconds"_s, 30, 1, 600),
        range(Setting::ChartSmoothing, u"chart/smoothing"_s, 0.6, 0.0, 0.99),
        free(Setting::ChartLogAxis, u"chart/log_axis"_s, false),
        choice(
            Setting::ChartHorizontal, u"chart/horizontal"_s, {u"step"_s, u"tokens"_s, u"time"_s}),
        free(Setting::WindowGeometry, u"window/geometry"_s, QByteArray()),
        free(Setting::LastPage, u"window/last_page"_s, QString()),
        free(Setting::LastBaseModel, u"last/base_model"_s, QString()),
        free(Setting::LastDataset, u"last/dataset"_s, QString()),
    };
    return kTable;
}

// The value as the setting's type and within its range; invalid when it cannot be.
QVariant accepted(const SettingInfo& info, QVariant value)
{
    if (!value.convert(info.fallback.metaType())) {
        return {};
    }
    if (!info.choices.isEmpty()) {
        return info.choices.contains(value.toString()) ? value : QVariant();
    }
    if (info.minimum.isValid()) {
        const double number = value.toDouble();
        if (!(number >= info.minimum.toDouble())) {
            return info.minimum;
        }
        if (number > info.maximum.toDouble()) {
            return info.maximum;
        }
    }
    return value;
}

} // namespace

Settings::Settings(const QString& file, QObject* parent)
    : QObject(parent)
    , m_file(file)
{
    m_writer.setMaxThreadCount(1);
    const QSettings stored(file, QSettings::IniFormat);
    for (const QString& key : stored.allKeys()) {
        m_values.insert(key, stored.value(key));
    }
}

Settings::~Settings()
{
    write();
    m_writer.waitForDone();
}

// QSettings syncs its file to the disk; only what was set is written, so that two studios keep each
// other's settings.
void Settings::write()
{
    if (m_unwritten.isEmpty()) {
        return;
    }

    struct Change
    {
        QString file;
        QMap<QString, QVariant> values;
    };

    auto change = std::make_shared<Change>(Change{m_file, std::exchange(m_unwritten, {})});
    engine::publish(change.get());
    m_writer.start([change] {
        engine::observe(change.get());
        QSettings stored(change->file, QSettings::IniFormat);
        for (auto each = change->values.cbegin(); each != change->values.cend(); ++each) {
            stored.setValue(each.key(), each.value());
        }
    });
}

const SettingInfo& Settings::info(Setting setting)
{
    return table()[static_cast<std::size_t>(setting)];
}

QVariant Settings::value(Setting setting) const
{
    const SettingInfo& row = info(setting);
    const QVariant stored = m_values.value(row.key);
    if (!stored.isValid()) {
        return row.fallback;
    }
    const QVariant value = accepted(row, stored);
    return value.isValid() ? value : row.fallback;
}

bool Settings::setValue(Setting setting, const QVariant& value)
{
    const SettingInfo& row = info(setting);
    const QVariant next = accepted(row, value);
    if (!next.isValid()) {
        return false;
    }
    if (next != this->value(setting)) {
        m_values.insert(row.key, next);
        if (m_unwritten.isEmpty()) { // with what else is set before the event loop turns
            QMetaObject::invokeMethod(this, &Settings::write, Qt::QueuedConnection);
        }
        m_unwritten.insert(row.key, next);
        Q_EMIT changed(setting);
    }
    return true;
}

} // namespace app

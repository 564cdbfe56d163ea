// Settings: one table of every setting's key, default and range, kept in an ini file of the
// person's configuration folder.
#pragma once

#include <QMap>
#include <QObject>
#include <QStringList>
#include <QThreadPool>
#include <QVariant>

namespace app {

enum class Setting {
    Workspace,        // folder; empty: Paths::defaultWorkspace()
    Theme,            // "light", "dark", "high_contrast", "system"
    Language,         // "system", "en", "ko"
    Device,           // "auto", "cpu", "cuda:0", ...
    Threads,          // 0: every core
    OnClose,          // with a run going on: "ask", "keep_running", "stop"
    StopSeconds,      // the stop ladder: from `stop` to terminate
    TerminateSeconds, // from terminate to kill
    StartSeconds,     // how long a worker may take to say hello
    ChartSmoothing,   // 0 (none) to 0.99
    ChartLogAxis,     // bool
    ChartHorizontal,  // "step", "tokens", "time"
    WindowGeometry,   // bytes
    LastPage,         // name of the page shown last
    LastBaseModel,    // folder
    LastDataset,      // file
    Count,
};

struct SettingInfo
{
    Setting setting = Setting::Count;
    QString key;       // in the ini file
    QVariant fallback; // default; its type is the setting's type
    QVariant minimum = {};
    QVariant maximum = {};
    QStringList choices = {}; // not empty: one of these
};

class Settings final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Settings)

public:
    // `file`: the ini file; it need not exist.
    explicit Settings(const QString& file, QObject* parent = nullptr);
    ~Settings() override; // what was set is in the file afterwards

    [[nodiscard]] static const SettingInfo& info(Setting setting);

    // The stored value when it is of the right type and in range, the default otherwise.
    [[nodiscard]] QVariant value(Setting setting) const;

    [[nodiscard]] QString text(Setting setting) const { return value(setting).toString(); }

    [[nodiscard]] int number(Setting setting) const { return value(setting).toInt(); }

    // Stores the value clamped to its range; a value of another type or outside the choices is
    // refused (false).
    bool setValue(Setting setting, const QVariant& value);

Q_SIGNALS:
    void changed(app::Setting setting);

private:
    void write();

    QString m_file;
    QMap<QString, QVariant> m_values;    // of the file, and what was set since
    QMap<QString, QVariant> m_unwritten; // set in this turn of the event loop
    QThreadPool m_writer;                // of one thread: the file takes as long as the disk
};

} // namespace app

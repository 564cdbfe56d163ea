// A setting's value of run.json as people read it, the same on every page.
#pragma once

#include <QJsonValue>
#include <QString>

namespace app {

// "on", "0.0005", "from the epochs"; "-" where there is none. `key` is the setting's.
[[nodiscard]] QString settingText(const QString& key, const QJsonValue& value);

// The value stands for what the worker chooses when the run begins.
[[nodiscard]] bool isOpenSetting(const QString& key, const QJsonValue& value);

} // namespace app

// FieldInfo: every setting of a run with what a form needs to show it.
#pragma once

#include <QList>
#include <QString>
#include <QStringList>
#include <QVariant>

namespace app {

// `name` is the key of run.json; kind, range and choices are the engine's.
struct FieldInfo
{
    enum class Kind { Integer, Real, Toggle, Choice, Text, Lines, Path };
    enum class Group { Data, Adapter, Init, Optimizer, Length, Watch, Device, Notes };

    QString name;
    QString label; // for people, translated
    QString help;  // one line, translated
    Kind kind = Kind::Text;
    Group group = Group::Data;
    bool advanced = false;
    QVariant fallback; // the default
    double minimum = 0.0;
    double maximum = 0.0;
    int decimals = 0;
    QStringList choices = {};     // of Choice: values of run.json
    QString automatic = {};       // what automaticValue means, for example "from the data"
    QVariant automaticValue = {}; // 0 or -1; invalid: the field has none
};

// "1 to 4096", "above 0", "0 or more"; empty for a field that is no number.
[[nodiscard]] QString rangeText(const FieldInfo& info);

// In the order of the form. The map's own keys (targets, layers, rank_pattern) and the data's
// (base, data, format, map) are not fields.
[[nodiscard]] const QList<FieldInfo>& runFields();

} // namespace app

// The window's languages: which there are, and installing the texts of the chosen one.
#pragma once

#include <QList>
#include <QPair>
#include <QString>
#include <QStringList>

namespace ui {

// Code and own name: English, and those whose texts were compiled in.
[[nodiscard]] QList<QPair<QString, QString>> languages();

// The code that the setting means. "system": the first of the desktop's languages that is there,
// else English.
[[nodiscard]] QString languageOf(const QString& setting, const QStringList& desktop);

// Before the first text is looked up: lists keep the headings they were made with. Dates and
// numbers stay the desktop's where that is in the same language.
void installLanguage(const QString& setting);

} // namespace ui

// Icon by name, drawn from SVG and tinted from the theme.
#pragma once

#include <QIcon>
#include <QPixmap>
#include <QString>

#include "ui/theme/theme.h"

namespace ui {

// `name` is a file of resources/icons without its suffix. An unknown name gives an empty icon.
[[nodiscard]] QPixmap
iconPixmap(const QString& name, const QColor& color, int size, qreal devicePixelRatio = 2.0);

// Normal, disabled and selected states in the theme's colours.
[[nodiscard]] QIcon icon(const QString& name, const Theme& theme);
[[nodiscard]] QIcon icon(const QString& name, const QColor& color);

} // namespace ui

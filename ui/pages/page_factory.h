// Makes each page of the window by its id.
#pragma once

#include "ui/pages/page.h"

namespace ui {

// Owned by `parent`.
[[nodiscard]] Page* makePage(PageId id, const PageContext& context, QWidget* parent);

} // namespace ui

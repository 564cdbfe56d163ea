// Column titles that give way: cut with an ellipsis where there is no room. The style sheet's own
// header does not measure its padding.
#pragma once

#include <QHeaderView>

namespace ui {

class ElidedHeader final : public QHeaderView
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(ElidedHeader)

public:
    explicit ElidedHeader(QWidget* parent = nullptr); // horizontal

    // What is drawn at the section's present width.
    [[nodiscard]] QString shownText(int section) const;

protected:
    void initStyleOptionForIndex(QStyleOptionHeader* option, int section) const override;
};

} // namespace ui

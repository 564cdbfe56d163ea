// A path with a browse button; also takes a dropped file or folder.
#pragma once

#include <QWidget>

class QLineEdit;

namespace ui {

class Dialogs;

class PathEdit final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(PathEdit)

public:
    enum class Kind { Folder, File };

    PathEdit(Kind kind, const QString& title, Dialogs& dialogs, QWidget* parent = nullptr);
    [[nodiscard]] QString path() const;
    void setPath(const QString& path);

    void setFilter(const QString& filter) { m_filter = filter; }

Q_SIGNALS:
    void pathChanged(const QString& path);

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void browse();

    Kind m_kind;
    QString m_title;
    QString m_filter;
    Dialogs& m_dialogs;
    QLineEdit* m_edit = nullptr;
};

} // namespace ui

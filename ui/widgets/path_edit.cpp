// A path with a browse button; also takes a dropped file or folder.
#include "ui/widgets/path_edit.h"

#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QUrl>

#include "ui/services/dialogs.h"
#include "ui/theme/theme.h"

using namespace Qt::StringLiterals;

namespace ui {

PathEdit::PathEdit(Kind kind, const QString& title, Dialogs& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_kind(kind)
    , m_title(title)
    , m_dialogs(dialogs)
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(space::kSmall);
    m_edit = new QLineEdit(this);
    m_edit->setAccessibleName(title);
    m_edit->setPlaceholderText(kind == Kind::Folder ? tr("Folder") : tr("File"));
    auto* button = new QPushButton(tr("Browse..."), this);
    button->setAutoDefault(false);
    button->setAccessibleName(tr("Browse for %1").arg(title));
    row->addWidget(m_edit, 1);
    row->addWidget(button);
    setFocusProxy(m_edit);
    setAcceptDrops(true);
    connect(button, &QPushButton::clicked, this, &PathEdit::browse);
    connect(m_edit, &QLineEdit::textChanged, this, &PathEdit::pathChanged);
}

QString PathEdit::path() const
{
    return m_edit->text().trimmed();
}

void PathEdit::setPath(const QString& path)
{
    m_edit->setText(path);
}

void PathEdit::browse()
{
    const QString chosen = m_kind == Kind::Folder ? m_dialogs.openFolder(this, m_title)
                                                  : m_dialogs.openFile(this, m_title, m_filter);
    if (!chosen.isEmpty()) {
        setPath(chosen);
    }
}

void PathEdit::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls()) {
        event->acceptProposedAction();
    }
}

void PathEdit::dropEvent(QDropEvent* event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (!urls.isEmpty() && urls.first().isLocalFile()) {
        setPath(urls.first().toLocalFile());
    }
}

} // namespace ui

// Message, question, number, open, save and show: the only callers of Qt's modal dialogs and of the
// system's file manager; scriptable.
#include "ui/services/dialogs.h"

#include <QDesktopServices>
#include <QFileDialog>
#include <QInputDialog>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QUrl>

using namespace Qt::StringLiterals;

namespace ui {

void Dialogs::message(QWidget* parent, Tone tone, const QString& title, const QString& text)
{
    m_shown.append(title + u": "_s + text);
    if (m_silent) {
        return;
    }
    const auto symbol = tone == Tone::Error     ? QMessageBox::Critical
                        : tone == Tone::Warning ? QMessageBox::Warning
                                                : QMessageBox::Information;
    QMessageBox box(symbol, title, text, QMessageBox::Ok, parent);
    box.exec();
}

int Dialogs::ask(QWidget* parent,
                 const QString& title,
                 const QString& text,
                 const QStringList& options)
{
    m_shown.append(title + u": "_s + text);
    const int last = static_cast<int>(options.size()) - 1;
    if (!m_answers.empty()) {
        const int answer = m_answers.front();
        m_answers.pop_front();
        return answer;
    }
    if (m_silent) {
        return last;
    }
    QMessageBox box(QMessageBox::Question, title, title, QMessageBox::NoButton, parent);
    box.setInformativeText(text);
    QList<QPushButton*> buttons;
    for (int i = 0; i <= last; ++i) {
        const auto role = i == last ? QMessageBox::RejectRole : QMessageBox::AcceptRole;
        buttons.append(box.addButton(options.at(i), role));
    }
    box.setDefaultButton(buttons.first());
    box.setEscapeButton(buttons.last());
    box.exec();
    for (int i = 0; i <= last; ++i) {
        if (box.clickedButton() == buttons.at(i)) {
            return i;
        }
    }
    return last;
}

std::optional<int> Dialogs::askNumber(QWidget* parent,
                                      const QString& title,
                                      const QString& label,
                                      int value,
                                      int minimum,
                                      int maximum)
{
    const std::optional<int> scripted = takeNumber(title, label);
    if (scripted || m_silent) {
        return scripted;
    }
    bool isAccepted = false;
    const int number =
        QInputDialog::getInt(parent, title, label, value, minimum, maximum, 1, &isAccepted);
    return isAccepted ? std::optional(number) : std::nullopt;
}

std::optional<int> Dialogs::takeNumber(const QString& title, const QString& label)
{
    m_shown.append(title + u": "_s + label);
    if (m_numbers.empty()) {
        return std::nullopt;
    }
    const int number = m_numbers.front();
    m_numbers.pop_front();
    return number;
}

std::optional<int> Dialogs::askChoice(QWidget* parent,
                                      const QString& title,
                                      const QString& label,
                                      const QStringList& rows)
{
    const std::optional<int> scripted = takeNumber(title, label);
    if (scripted || m_silent) {
        return scripted;
    }
    bool isAccepted = false;
    const QString row = QInputDialog::getItem(parent, title, label, rows, 0, false, &isAccepted);
    const auto index = static_cast<int>(rows.indexOf(row));
    return isAccepted && index >= 0 ? std::optional(index) : std::nullopt;
}

std::optional<QString>
Dialogs::askText(QWidget* parent, const QString& title, const QString& label, const QString& text)
{
    m_shown.append(title + u": "_s + label);
    if (!m_texts.empty()) {
        const QString next = m_texts.front();
        m_texts.pop_front();
        return next;
    }
    if (m_silent) {
        return std::nullopt;
    }
    bool isAccepted = false;
    const QString entered =
        QInputDialog::getText(parent, title, label, QLineEdit::Normal, text, &isAccepted);
    return isAccepted ? std::optional(entered) : std::nullopt;
}

bool Dialogs::takePath(const QString& title, QString& path)
{
    m_shown.append(title);
    if (!m_paths.empty()) {
        path = m_paths.front();
        m_paths.pop_front();
        return true;
    }
    return m_silent;
}

QString Dialogs::openFile(QWidget* parent, const QString& title, const QString& filter)
{
    QString path;
    return takePath(title, path) ? path : QFileDialog::getOpenFileName(parent, title, {}, filter);
}

QString Dialogs::openFolder(QWidget* parent, const QString& title)
{
    QString path;
    return takePath(title, path) ? path : QFileDialog::getExistingDirectory(parent, title);
}

QString Dialogs::saveFile(QWidget* parent, const QString& title, const QString& proposal)
{
    QString path;
    return takePath(title, path) ? path : QFileDialog::getSaveFileName(parent, title, proposal);
}

bool Dialogs::showFolder(const QString& folder)
{
    m_shown.append(folder);
    return !m_silent && QDesktopServices::openUrl(QUrl::fromLocalFile(folder));
}

} // namespace ui

// Label, editor, help, warning and error: one row of any form.
#pragma once

#include <QWidget>

class QLabel;

namespace ui {

class FormField final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(FormField)

public:
    // Takes the editor. `label` may carry a mnemonic; `help` is one line.
    FormField(const QString& label,
              QWidget* editor,
              const QString& help,
              QWidget* parent = nullptr);

    void setError(const QString& text);
    void setWarning(const QString& text);
    void setHelp(const QString& text);
    [[nodiscard]] QString error() const;
    [[nodiscard]] QString warning() const;

    [[nodiscard]] QWidget* editor() const { return m_editor; }

private:
    QWidget* m_editor;
    QLabel* m_help = nullptr;
    QLabel* m_warning = nullptr;
    QLabel* m_error = nullptr;
};

} // namespace ui

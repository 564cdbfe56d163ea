// A form over one group of a RunSpec's fields: an editor by kind, help, error and warning beside
// it.
#pragma once

#include <QMap>
#include <QWidget>

#include "app/runs/run_spec.h"
#include "ui/widgets/form_field.h"

class QGridLayout;
class QPushButton;

namespace ui {

class Dialogs;

class SpecForm final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(SpecForm)

public:
    // Fields named in `without` are left out; advanced ones hide behind a button.
    SpecForm(app::RunSpec& spec,
             app::FieldInfo::Group group,
             const QStringList& without,
             Dialogs& dialogs,
             QWidget* parent = nullptr);

    [[nodiscard]] FormField* field(const QString& name) const { return m_fields.value(name); }

    [[nodiscard]] bool isEmpty() const { return m_fields.isEmpty(); }

    void setAdvancedVisible(bool isVisible);
    // Hides fields that do not matter now, for example LoRA-GA's with another init.
    void setFieldsVisible(const QStringList& names, bool isVisible);
    // Of a choice, when they are known later than the form: texts and values.
    void setChoices(const QString& name, const QList<QPair<QString, QString>>& choices);

private:
    void addField(const app::FieldInfo& info);
    [[nodiscard]] QWidget* makeEditor(const app::FieldInfo& info);
    [[nodiscard]] QWidget* makeInteger(const app::FieldInfo& info);
    [[nodiscard]] QWidget* makeReal(const app::FieldInfo& info);
    [[nodiscard]] QWidget* makeToggle(const app::FieldInfo& info);
    [[nodiscard]] QWidget* makeChoice(const app::FieldInfo& info);
    [[nodiscard]] QWidget* makeText(const app::FieldInfo& info);
    void showValue(const QString& name);
    void showProblems();
    void place();

    app::RunSpec& m_spec;
    Dialogs& m_dialogs;
    QGridLayout* m_grid = nullptr;
    QPushButton* m_more = nullptr;
    QStringList m_order;
    QStringList m_hidden;
    QMap<QString, FormField*> m_fields;
    QMap<QString, std::function<void()>> m_show; // brings the editor to the spec's value
    bool m_isAdvancedVisible = false;
};

} // namespace ui

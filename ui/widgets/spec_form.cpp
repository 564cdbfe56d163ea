// A form over one group of a RunSpec's fields: an editor by kind, help, error and warning beside
// it.
#include "ui/widgets/spec_form.h"

#include <algorithm>
#include <cmath>

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleValidator>
#include <QGridLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>

#include "app/human_text.h"
#include "ui/theme/theme.h"
#include "ui/widgets/parts.h"
#include "ui/widgets/path_edit.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int kColumns = 3;
constexpr int kLinesHeight = 64;
constexpr double kLargestInteger = 2'000'000'000.0;

QString realText(double value)
{
    return QString::number(value, 'g', 8);
}

bool isAutomaticByDefault(const app::FieldInfo& info)
{
    return info.automaticValue.isValid()
           && info.automaticValue.toDouble() == info.fallback.toDouble();
}

// A wheel over a form scrolls it; it never changes the number under the pointer.
class WheelGuard final : public QObject
{
public:
    using QObject::QObject;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        const auto* widget = qobject_cast<QWidget*>(watched);
        if (event->type() == QEvent::Wheel && widget != nullptr && !widget->hasFocus()) {
            event->ignore();
            return true;
        }
        return QObject::eventFilter(watched, event);
    }
};

void guardWheel(QWidget* editor)
{
    editor->setFocusPolicy(Qt::StrongFocus);
    editor->installEventFilter(new WheelGuard(editor));
}

} // namespace

SpecForm::SpecForm(app::RunSpec& spec,
                   app::FieldInfo::Group group,
                   const QStringList& without,
                   Dialogs& dialogs,
                   QWidget* parent)
    : QWidget(parent)
    , m_spec(spec)
    , m_dialogs(dialogs)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::kMedium);
    m_grid = new QGridLayout;
    m_grid->setHorizontalSpacing(space::kLarge);
    m_grid->setVerticalSpacing(space::kMedium);
    for (int column = 0; column < kColumns; ++column) {
        m_grid->setColumnStretch(column, 1);
    }
    layout->addLayout(m_grid);
    bool hasAdvanced = false;
    for (const app::FieldInfo& info : app::RunSpec::fields()) {
        if (info.group == group && !without.contains(info.name)) {
            addField(info);
            hasAdvanced = hasAdvanced || info.advanced;
        }
    }
    if (hasAdvanced) {
        m_more = new QPushButton(this);
        m_more->setProperty("flat", true);
        m_more->setAutoDefault(false);
        layout->addWidget(m_more, 0, Qt::AlignLeft);
        connect(m_more, &QPushButton::clicked, this, [this] {
            setAdvancedVisible(!m_isAdvancedVisible);
        });
    }
    setAdvancedVisible(false);
    connect(&spec, &app::RunSpec::valueChanged, this, &SpecForm::showValue);
    connect(&spec, &app::RunSpec::problemsChanged, this, &SpecForm::showProblems);
    showProblems();
}

void SpecForm::addField(const app::FieldInfo& info)
{
    QWidget* editor = makeEditor(info);
    QString help = info.help;
    const QString range = app::rangeText(info);
    const bool isAutomatic = isAutomaticByDefault(info);
    const QString fallback = isAutomatic ? info.automatic : info.fallback.toString();
    if (!range.isEmpty()) {
        help += u' ' + tr("Range: %1.").arg(range);
        editor->setToolTip(tr("Range: %1. Default: %2.").arg(range, fallback));
    }
    if (!info.automatic.isEmpty()) {
        help += u' '
                + (isAutomatic
                       ? QString()
                       : tr("%1: %2.").arg(info.automaticValue.toString(), info.automatic) + u' ')
                + tr("Default: %1.").arg(fallback);
    }
    m_fields.insert(info.name, new FormField(info.label, editor, help, this));
    m_order.append(info.name);
    showValue(info.name);
}

QWidget* SpecForm::makeEditor(const app::FieldInfo& info)
{
    switch (info.kind) {
    case app::FieldInfo::Kind::Integer:
        return makeInteger(info);
    case app::FieldInfo::Kind::Real:
        return makeReal(info);
    case app::FieldInfo::Kind::Toggle:
        return makeToggle(info);
    case app::FieldInfo::Kind::Choice:
        return makeChoice(info);
    case app::FieldInfo::Kind::Text:
    case app::FieldInfo::Kind::Lines:
    case app::FieldInfo::Kind::Path:
        break;
    }
    return makeText(info);
}

QWidget* SpecForm::makeInteger(const app::FieldInfo& info)
{
    auto* box = new QSpinBox(this);
    double low = info.minimum;
    if (info.automaticValue.isValid()) {
        low = std::min(low, info.automaticValue.toDouble());
        box->setSpecialValueText(isAutomaticByDefault(info) ? tr("automatic") : info.automatic);
    }
    box->setRange(static_cast<int>(std::max(low, -kLargestInteger)),
                  static_cast<int>(std::min(info.maximum, kLargestInteger)));
    guardWheel(box);
    const QString name = info.name;
    connect(box, &QSpinBox::valueChanged, this, [this, name](int value) {
        m_spec.setValue(name, static_cast<qlonglong>(value));
    });
    m_show.insert(name, [this, name, box] {
        const QSignalBlocker blocker(box);
        box->setValue(static_cast<int>(m_spec.value(name).toLongLong()));
    });
    return box;
}

QWidget* SpecForm::makeReal(const app::FieldInfo& info)
{
    auto* edit = new QLineEdit(this);
    auto* validator = new QDoubleValidator(edit);
    validator->setLocale(QLocale::c());
    edit->setValidator(validator);
    const QString name = info.name;
    connect(edit, &QLineEdit::textEdited, this, [this, name](const QString& text) {
        bool isNumber = false;
        const double value = text.toDouble(&isNumber);
        if (isNumber) {
            m_spec.setValue(name, value);
        }
    });
    m_show.insert(name, [this, name, edit] {
        bool isNumber = false;
        const double shown = edit->text().toDouble(&isNumber);
        const double value = m_spec.value(name).toDouble();
        // While somebody types "2e-4", the text stays as it is typed.
        if (!isNumber || shown != value) {
            edit->setText(realText(value));
        }
    });
    connect(edit, &QLineEdit::editingFinished, this, [this, name] { showValue(name); });
    return edit;
}

QWidget* SpecForm::makeToggle(const app::FieldInfo& info)
{
    auto* box = new QCheckBox(tr("On"), this);
    const QString name = info.name;
    connect(
        box, &QCheckBox::toggled, this, [this, name](bool isOn) { m_spec.setValue(name, isOn); });
    m_show.insert(name, [this, name, box] {
        const QSignalBlocker blocker(box);
        box->setChecked(m_spec.value(name).toBool());
    });
    return box;
}

QWidget* SpecForm::makeChoice(const app::FieldInfo& info)
{
    auto* box = new QComboBox(this);
    for (const QString& choice : info.choices) {
        box->addItem(app::dtypeName(choice), choice);
    }
    guardWheel(box);
    const QString name = info.name;
    connect(box, &QComboBox::currentIndexChanged, this, [this, name, box] {
        m_spec.setValue(name, box->currentData().toString());
    });
    m_show.insert(name, [this, name, box] {
        const QSignalBlocker blocker(box);
        const QString value = m_spec.value(name).toString();
        if (box->findData(value) < 0) {
            box->addItem(value, value); // from a loaded run.json
        }
        box->setCurrentIndex(box->findData(value));
    });
    return box;
}

void SpecForm::setChoices(const QString& name, const QList<QPair<QString, QString>>& choices)
{
    const FormField* shown = field(name);
    auto* box = shown == nullptr ? nullptr : qobject_cast<QComboBox*>(shown->editor());
    if (box == nullptr) {
        return;
    }
    {
        const QSignalBlocker blocker(box);
        box->clear();
        for (const auto& [text, value] : choices) {
            box->addItem(text, value);
        }
    }
    showValue(name);
}

QWidget* SpecForm::makeText(const app::FieldInfo& info)
{
    const QString name = info.name;
    if (info.kind == app::FieldInfo::Kind::Path) {
        auto* edit = new PathEdit(PathEdit::Kind::File, info.label, m_dialogs, this);
        connect(edit, &PathEdit::pathChanged, this, [this, name](const QString& path) {
            m_spec.setValue(name, path);
        });
        m_show.insert(name, [this, name, edit] {
            if (edit->path() != m_spec.value(name).toString()) {
                edit->setPath(m_spec.value(name).toString());
            }
        });
        return edit;
    }
    if (info.kind == app::FieldInfo::Kind::Lines) {
        auto* edit = new QPlainTextEdit(this);
        edit->setTabChangesFocus(true);
        edit->setFixedHeight(kLinesHeight);
        connect(edit, &QPlainTextEdit::textChanged, this, [this, name, edit] {
            m_spec.setValue(name, edit->toPlainText().split(u'\n', Qt::SkipEmptyParts));
        });
        m_show.insert(name, [this, name, edit] {
            const QStringList lines = m_spec.value(name).toStringList();
            if (edit->toPlainText().split(u'\n', Qt::SkipEmptyParts) != lines) {
                edit->setPlainText(lines.join(u'\n'));
            }
        });
        return edit;
    }
    auto* edit = new QLineEdit(this);
    connect(edit, &QLineEdit::textEdited, this, [this, name](const QString& text) {
        m_spec.setValue(name, text);
    });
    m_show.insert(name, [this, name, edit] {
        if (edit->text() != m_spec.value(name).toString()) {
            edit->setText(m_spec.value(name).toString());
        }
    });
    return edit;
}

void SpecForm::showValue(const QString& name)
{
    if (m_show.contains(name)) {
        m_show.value(name)();
    }
}

void SpecForm::showProblems()
{
    for (auto it = m_fields.cbegin(); it != m_fields.cend(); ++it) {
        it.value()->setError(m_spec.errors().value(it.key()));
        it.value()->setWarning(m_spec.warnings().value(it.key()));
        const app::FieldInfo* info = app::RunSpec::field(it.key());
        const bool hasProblem =
            m_spec.errors().contains(it.key()) || m_spec.warnings().contains(it.key());
        if (hasProblem && info != nullptr && info->advanced && !m_isAdvancedVisible) {
            setAdvancedVisible(true);
        }
    }
}

void SpecForm::setFieldsVisible(const QStringList& names, bool isVisible)
{
    for (const QString& name : names) {
        if (isVisible) {
            m_hidden.removeAll(name);
        } else if (!m_hidden.contains(name)) {
            m_hidden.append(name);
        }
    }
    place();
}

void SpecForm::setAdvancedVisible(bool isVisible)
{
    m_isAdvancedVisible = isVisible;
    if (m_more != nullptr) {
        m_more->setText(isVisible ? tr("Fewer settings") : tr("More settings..."));
    }
    place();
}

void SpecForm::place()
{
    while (QLayoutItem* item = m_grid->takeAt(0)) {
        delete item;
    }
    int cell = 0;
    for (const QString& name : std::as_const(m_order)) {
        const app::FieldInfo* info = app::RunSpec::field(name);
        FormField* field = m_fields.value(name);
        const bool isShown =
            !m_hidden.contains(name) && (m_isAdvancedVisible || info == nullptr || !info->advanced);
        field->setVisible(isShown);
        if (!isShown) {
            continue;
        }
        const bool isWide = info != nullptr
                            && (info->kind == app::FieldInfo::Kind::Lines
                                || info->kind == app::FieldInfo::Kind::Path);
        if (isWide) {
            cell = (cell + kColumns - 1) / kColumns * kColumns;
        }
        m_grid->addWidget(
            field, cell / kColumns, cell % kColumns, 1, isWide ? kColumns : 1, Qt::AlignTop);
        cell += isWide ? kColumns : 1;
    }
}

} // namespace ui

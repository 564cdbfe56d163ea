// Settings: workspace, device, look, closing; and what this program never does.
#include "ui/pages/settings_page.h"

#include <array>
#include <utility>

#include <QComboBox>
#include <QGuiApplication>
#include <QPalette>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStyleHints>

#include "app/runs/run_spec.h"
#include "ui/language.h"
#include "ui/widgets/facts.h"
#include "ui/widgets/form_field.h"
#include "ui/widgets/path_edit.h"

using namespace Qt::StringLiterals;

namespace ui {

ThemeKind themeKindOf(const QString& setting)
{
    if (setting == u"dark"_s) {
        return ThemeKind::Dark;
    }
    if (setting == u"high_contrast"_s) {
        return ThemeKind::HighContrast;
    }
    if (setting == u"system"_s) {
        // The first palette is the desktop's; ours is set after this has been asked once.
        static const bool isDark =
            QGuiApplication::palette().color(QPalette::Window).lightness() < 128;
        return isDark ? ThemeKind::Dark : ThemeKind::Light;
    }
    return ThemeKind::Light;
}

SettingsPage::SettingsPage(const PageContext& context, QWidget* parent)
    : Page(context,
           tr("Settings"),
           tr("Kept on this computer; they take effect at once unless they say otherwise."),
           parent)
{
    auto* content = new QWidget(this);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, space::kMedium, 0);
    column->setSpacing(space::kLarge);
    for (QWidget* card : {buildLook(content), buildWork(content), buildOffline(content)}) {
        column->addWidget(card);
    }
    // Of the whole and not of each card: a layout reckons the height of wrapped text by its own
    // width.
    content->setMaximumWidth(size::kFormWidth + space::kMedium);
    column->addStretch(1);
    body()->addWidget(makeScrolling(content, this), 1);
    connect(&application(), &app::Application::devicesKnown, this, &SettingsPage::fillDevices);
    fillDevices();
}

QComboBox* SettingsPage::makeChoice(app::Setting setting,
                                    const QList<QPair<QString, QString>>& choices,
                                    QWidget* parent)
{
    auto* box = new QComboBox(parent);
    for (const auto& [value, label] : choices) {
        box->addItem(label, value);
    }
    box->setCurrentIndex(std::max(0, box->findData(application().settings().text(setting))));
    connect(box, &QComboBox::activated, this, [this, box, setting] {
        application().settings().setValue(setting, box->currentData());
    });
    return box;
}

QWidget* SettingsPage::buildLook(QWidget* parent)
{
    auto* card = new Card(tr("Look"), parent);
    QComboBox* look = makeChoice(app::Setting::Theme,
                                 {{u"system"_s, tr("as the desktop")},
                                  {u"light"_s, tr("light")},
                                  {u"dark"_s, tr("dark")},
                                  {u"high_contrast"_s, tr("high contrast")}},
                                 card);
    connect(look, &QComboBox::activated, this, [this, look] {
        theme().apply(themeKindOf(look->currentData().toString()));
    });
    QComboBox* language =
        makeChoice(app::Setting::Language,
                   QList{qMakePair(u"system"_s, tr("as the desktop"))} + languages(),
                   card);
    auto* row = new QHBoxLayout;
    row->setSpacing(space::kLarge);
    row->addWidget(
        new FormField(tr("&Theme"),
                      look,
                      tr("Text reaches the contrast of WCAG AA, in high contrast that of AAA."),
                      card),
        1);
    row->addWidget(
        new FormField(tr("&Language"), language, tr("Used when the studio starts next."), card), 1);
    card->body()->addLayout(row);
    return card;
}

QWidget* SettingsPage::buildWork(QWidget* parent)
{
    auto* card = new Card(tr("Work"), parent);
    m_workspace = new PathEdit(PathEdit::Kind::Folder, tr("Workspace folder"), dialogs(), card);
    m_workspace->setPath(application().paths().workspace());
    connect(m_workspace, &PathEdit::pathChanged, this, [this](const QString& path) {
        const std::optional<app::Problem> problem = app::placeProblem(path);
        m_workspaceField->setError(problem ? problem->message : QString());
        if (problem) {
            news().clear();
            return; // the last good one stays
        }
        application().settings().setValue(app::Setting::Workspace, path);
        if (path != application().paths().workspace()) {
            news().showText(u"info"_s,
                            tr("The new workspace is used when the studio starts next."));
        } else {
            news().clear();
        }
    });
    m_device = new QComboBox(card);
    connect(m_device, &QComboBox::activated, this, [this] {
        application().settings().setValue(app::Setting::Device, m_device->currentData());
    });
    auto* threads = new QSpinBox(card);
    const app::SettingInfo& info = app::Settings::info(app::Setting::Threads);
    threads->setRange(info.minimum.toInt(), info.maximum.toInt());
    threads->setSpecialValueText(tr("every core"));
    threads->setValue(application().settings().number(app::Setting::Threads));
    connect(threads, &QSpinBox::valueChanged, this, [this](int value) {
        application().settings().setValue(app::Setting::Threads, value);
    });
    QComboBox* closing = makeChoice(app::Setting::OnClose,
                                    {{u"ask"_s, tr("ask")},
                                     {u"stop"_s, tr("stop and save")},
                                     {u"keep_running"_s, tr("keep running without the window")}},
                                    card);
    m_workspaceField = new FormField(
        tr("&Workspace"), m_workspace, tr("Runs, adapters and the catalog live here."), card);
    card->body()->addWidget(m_workspaceField);
    auto* row = new QHBoxLayout;
    row->setSpacing(space::kLarge);
    row->addWidget(new FormField(tr("&Device"), m_device, tr("What new runs compute on."), card),
                   1);
    row->addWidget(
        new FormField(tr("T&hreads"), threads, tr("Of the processor, for new runs."), card), 1);
    card->body()->addLayout(row);
    card->body()->addWidget(new FormField(tr("&Closing the window during a run"),
                                          closing,
                                          tr("A stopped run can always be continued."),
                                          card));
    m_devices = new Facts(card);
    card->body()->addWidget(m_devices);
    return card;
}

QWidget* SettingsPage::buildOffline(QWidget* parent)
{
    auto* card = new Card(tr("Offline"), parent);
    card->body()->addWidget(
        makeText(tr("LowRank Studio opens no network connection: it has no account, no telemetry "
                    "and no update check, and it links no network library. "
                    "Models and data are read from your disks and stay there."),
                 u"muted"_s,
                 card));
    card->body()->addWidget(
        makeText(tr("Version %1. GPL-3.0-or-later.").arg(QCoreApplication::applicationVersion()),
                 u"small"_s,
                 card));
    return card;
}

// What the worker tells of a GPU and of NVIDIA's libraries.
QStringList SettingsPage::libraryFacts(const app::DeviceInfo& device)
{
    const std::array<std::pair<QString, QString>, 4> texts = {
        {{u"compute_capability"_s, tr("compute capability %1")},
         {u"driver"_s, tr("driver %1")},
         {u"cublas"_s, tr("cuBLAS %1")},
         {u"cudnn"_s, tr("cuDNN %1")}}};
    QStringList facts;
    for (const auto& [property, text] : texts) {
        if (device.properties.contains(property)) {
            facts.append(text.arg(device.properties.value(property)));
        }
    }
    return facts;
}

void SettingsPage::fillDevices()
{
    const QSignalBlocker blocker(m_device);
    m_device->clear();
    for (const auto& [text, device] : deviceChoices()) {
        m_device->addItem(text, device);
    }
    QList<QPair<QString, QString>> facts;
    for (const app::DeviceInfo& device : application().devices()) {
        const QString memory = app::humanBytes(device.totalMemory);
        QStringList parts = {
            device.freeMemory < 0
                ? tr("%1, %2 of memory").arg(device.name, memory)
                : tr("%1, %2 of memory, %3 free")
                      .arg(device.name, memory, app::humanBytes(device.freeMemory))};
        parts.append(libraryFacts(device));
        if (!device.usable) {
            parts.last() += u". "_s + tr("Not used: %1").arg(device.reason);
        }
        facts.append({device.id, parts.join(u", "_s)});
    }
    if (!application().gpuNote().isEmpty()) {
        facts.append({tr("GPU"), application().gpuNote()});
    }
    m_device->setCurrentIndex(
        std::max(0, m_device->findData(application().settings().text(app::Setting::Device))));
    m_devices->setFacts(facts);
}

} // namespace ui

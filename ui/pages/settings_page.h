// Settings: workspace, device, look, closing; and what this program never does.
#pragma once

#include "app/settings.h"
#include "app/worker/worker_answers.h"
#include "ui/pages/page.h"

class QComboBox;

namespace ui {

class Facts;
class FormField;
class PathEdit;

// The kind that the setting's word means; "system" follows the desktop's palette.
[[nodiscard]] ThemeKind themeKindOf(const QString& setting);

class SettingsPage final : public Page
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(SettingsPage)

public:
    SettingsPage(const PageContext& context, QWidget* parent);

private:
    QWidget* buildLook(QWidget* parent);
    QWidget* buildWork(QWidget* parent);
    QWidget* buildOffline(QWidget* parent);
    QComboBox* makeChoice(app::Setting setting,
                          const QList<QPair<QString, QString>>& choices,
                          QWidget* parent);
    void fillDevices();
    [[nodiscard]] static QStringList libraryFacts(const app::DeviceInfo& device);

    QComboBox* m_device = nullptr;
    PathEdit* m_workspace = nullptr;
    FormField* m_workspaceField = nullptr;
    Facts* m_devices = nullptr;
};

} // namespace ui

// A studio in a temporary workspace for a test: services, theme, silent dialogs, the main window.
#pragma once

#include <memory>

#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>

#include "tests/ui/strict.h"
#include "ui/main_window.h"

namespace tests {

class Studio final
{
public:
    // `workerProgram` empty: the real worker.
    explicit Studio(ui::ThemeKind kind = ui::ThemeKind::Light, const QString& workerProgram = {})
    {
        app::ApplicationOptions options;
        options.workerProgram = workerProgram;
        options.workspace = m_folder.filePath(QStringLiteral("workspace"));
        options.configFile = m_folder.filePath(QStringLiteral("studio.ini"));
        m_application = std::make_unique<app::Application>(options);
        m_opened = m_application->open().hasValue();
        m_theme.apply(kind);
        m_dialogs.setSilent();
    }

    [[nodiscard]] bool isOpen() const { return m_opened; }

    [[nodiscard]] app::Application& app() { return *m_application; }

    [[nodiscard]] ui::Theme& theme() { return m_theme; }

    [[nodiscard]] ui::Dialogs& dialogs() { return m_dialogs; }

    [[nodiscard]] ui::PageContext context() { return {*m_application, m_theme, m_dialogs}; }

    [[nodiscard]] QString path(const QString& name) const { return m_folder.filePath(name); }

    // Takes the sample out of the lists: a workspace with nothing in it.
    void forgetSample()
    {
        // It is registered by jobs that have just been started.
        const qsizetype expected = app::Paths::sampleDatasets().size();
        QTRY_COMPARE(m_application->catalog().datasets().size(), expected);
        for (const app::ModelRecord& model : m_application->catalog().models()) {
            m_application->catalog().forgetModel(model.id);
        }
        for (const app::DatasetRecord& dataset : m_application->catalog().datasets()) {
            m_application->catalog().forgetDataset(dataset.id);
        }
        m_application->catalog().flush();
        QTRY_COMPARE(m_application->modelList().rowCount(), 0);
        QTRY_COMPARE(m_application->datasetList().rowCount(), 0);
    }

private:
    QTemporaryDir m_folder;
    std::unique_ptr<app::Application> m_application;
    ui::Theme m_theme;
    ui::Dialogs m_dialogs;
    bool m_opened = false;
};

// nullptr: there is none.
inline QPushButton* buttonWithText(const QWidget* page, const QString& text)
{
    for (QPushButton* button : page->findChildren<QPushButton*>()) {
        if (button->text() == text) {
            return button;
        }
    }
    return nullptr;
}

} // namespace tests

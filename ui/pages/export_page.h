// Export: an adapter as a PEFT folder or merged into its base; what the check found, in numbers.
#pragma once

#include <QPointer>

#include "ui/pages/page.h"

class QComboBox;

namespace ui {

class Facts;
class FormField;
class JobBar;
class PathEdit;
class StatusPill;

class ExportPage final : public Page
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(ExportPage)

public:
    ExportPage(const PageContext& context, QWidget* parent);
    void open(const QString& subject) override; // an adapter's id

    [[nodiscard]] const StatusPill& verdict() const { return *m_verdict; }

    void start();

private:
    QWidget* buildForm();
    QWidget* buildResult();
    void fillAdapters();
    void onAdapterChosen();
    void onFormatChosen();
    void proposeFolder();
    void validate();
    void onEnded();
    void showResult(const app::ExportResult& result);

    QComboBox* m_adapter = nullptr;
    QComboBox* m_format = nullptr;
    QComboBox* m_dtype = nullptr;
    PathEdit* m_out = nullptr;
    FormField* m_adapterField = nullptr;
    FormField* m_dtypeField = nullptr;
    FormField* m_outField = nullptr;
    QPushButton* m_start = nullptr;
    JobBar* m_job = nullptr;
    Card* m_result = nullptr;
    StatusPill* m_verdict = nullptr;
    QLabel* m_sentence = nullptr;
    Facts* m_facts = nullptr;
    QPushButton* m_show = nullptr; // the folder of the export just checked
    QString m_proposed;            // the folder the page itself chose
    QString m_written;             // of the newest export; empty: none yet
    QPointer<app::ExportRequest> m_request;
};

} // namespace ui

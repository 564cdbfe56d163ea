// What an adapter changed, matrix by matrix: measured when it is asked for.
#pragma once

#include <QPointer>
#include <QWidget>

#include "app/worker/utility_worker.h"

class QLabel;
class QPushButton;
class QTableView;

namespace ui {

class HealthModel;
class JobBar;
class Theme;

class HealthView final : public QWidget
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(HealthView)

public:
    HealthView(app::UtilityWorker& worker, const Theme& theme, QWidget* parent = nullptr);

    // What can be measured; an empty folder: nothing yet. Another folder's numbers are forgotten.
    void setAdapter(const QString& name, const QString& baseModel, const QString& folder);
    void measure();

    [[nodiscard]] QPushButton& button() const { return *m_button; }

    [[nodiscard]] QTableView& table() const { return *m_table; }

    [[nodiscard]] QString text() const;

private:
    void onEnded();
    void showText(const QString& text);

    app::UtilityWorker& m_worker;
    QPointer<app::HealthRequest> m_request;
    QString m_name;
    QString m_baseModel;
    QString m_folder;
    QLabel* m_text = nullptr; // what is shown, or why there is nothing
    QPushButton* m_button = nullptr;
    JobBar* m_bar = nullptr;
    HealthModel* m_model = nullptr;
    QTableView* m_table = nullptr;
};

} // namespace ui

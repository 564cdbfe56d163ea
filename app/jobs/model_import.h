// ModelImport: looks through a folder for base models and says of each what it is or why it cannot
// be used.
#pragma once

#include "app/catalog/records.h"
#include "app/jobs/thread_job.h"

namespace app {

// One model folder or GGUF file; never fails: what is wrong is in `refusal`.
[[nodiscard]] ModelRecord describeModel(const QString& path);

class ModelImport final : public ThreadJob
{
    Q_OBJECT

public:
    // Looks at `folder` itself and, when it is no model, at most `kMaxDepth` levels below it.
    static constexpr int kMaxDepth = 4;
    explicit ModelImport(const QString& folder, QObject* parent = nullptr);

    // When Done: give each to Catalog::saveModel. Failed with not_found when there was none.
    [[nodiscard]] const QList<ModelRecord>& records() const;

private:
    struct ScanWork;
    ModelImport(std::shared_ptr<ScanWork> work, QObject* parent);
    std::shared_ptr<ScanWork> m_scan;
};

} // namespace app

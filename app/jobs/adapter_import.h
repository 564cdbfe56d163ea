// AdapterImport: checks a PEFT adapter folder and copies it into the workspace with its hash;
// AdapterVerify: hashes an adapter again and compares.
#pragma once

#include "app/catalog/records.h"
#include "app/jobs/thread_job.h"
#include "app/paths.h"

namespace app {

class AdapterImport final : public ThreadJob
{
    Q_OBJECT

public:
    AdapterImport(const Paths& paths, const QString& folder, QObject* parent = nullptr);

    // When Done: the id it has in the catalog; call Catalog::refreshAdapter() with it.
    [[nodiscard]] const QString& adapterId() const;

private:
    struct CopyWork;
    AdapterImport(std::shared_ptr<CopyWork> work, QObject* parent);
    std::shared_ptr<CopyWork> m_copy;
};

// Done when the file's hash is the catalog's; Failed with both hashes otherwise.
class AdapterVerify final : public ThreadJob
{
    Q_OBJECT

public:
    explicit AdapterVerify(const AdapterRecord& adapter, QObject* parent = nullptr);
};

} // namespace app

// The window's pages, one case each.
#include "ui/pages/page_factory.h"

#include "ui/pages/catalog_page.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/datasets_page.h"
#include "ui/pages/export_page.h"
#include "ui/pages/home_page.h"
#include "ui/pages/models_page.h"
#include "ui/pages/new_run_page.h"
#include "ui/pages/playground_page.h"
#include "ui/pages/run_page.h"
#include "ui/pages/settings_page.h"

namespace ui {

Page* makePage(PageId id, const PageContext& context, QWidget* parent)
{
    switch (id) {
    case PageId::Home:
        return new HomePage(context, parent);
    case PageId::Models:
        return new ModelsPage(context, parent);
    case PageId::Datasets:
        return new DatasetsPage(context, parent);
    case PageId::NewRun:
        return new NewRunPage(context, parent);
    case PageId::Run:
        return new RunPage(context, parent);
    case PageId::Compare:
        return new ComparePage(context, parent);
    case PageId::Catalog:
        return new CatalogPage(context, parent);
    case PageId::Playground:
        return new PlaygroundPage(context, parent);
    case PageId::Export:
        return new ExportPage(context, parent);
    case PageId::Settings:
    case PageId::Count:
        break;
    }
    return new SettingsPage(context, parent);
}

} // namespace ui

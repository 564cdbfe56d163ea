// New run: its fields and their ranges; Start writes the run in the background, once; make it fit
// pulls its levers with the real worker's estimate, and says when it cannot.
#include <algorithm>

#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>

#include "tests/ui/studio.h"
#include "ui/pages/new_run_page.h"
#include "ui/widgets/form_field.h"
#include "ui/widgets/memory_bar.h"
#include "ui/widgets/spec_form.h"
#include "ui/widgets/target_map.h"

using namespace Qt::StringLiterals;

namespace {

constexpr int kPatienceMilliseconds = 60'000;
constexpr int kTooManyRows = 65536; // the most there may be; the scripted worker takes 64

} // namespace

class TestNewRunPage final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase()
    {
        if (!tests::Studio().app().hasSample()) {
            QSKIP("needs the sample");
        }
    }

    void init() { tests::failOnWarnings(); }

    // The groups come a turn of the event loop each, and the start after them all the same.
    void theFormIsBuiltInPartsAndInOrder()
    {
        tests::Studio studio(ui::ThemeKind::Light, QStringLiteral(LOWRANK_FAKE_WORKER));
        ui::NewRunPage page(studio.context(), nullptr);
        QVERIFY(page.findChildren<ui::SpecForm*>().isEmpty());
        openWithSample(studio, page);
        QTRY_VERIFY(page.isBuilt());
        const QList<ui::SpecForm*> forms = page.findChildren<ui::SpecForm*>();
        QCOMPARE(forms.size(), 8);
        QTRY_VERIFY(forms.first()->mapTo(&page, QPoint()).y()
                    < forms.last()->mapTo(&page, QPoint()).y());
        const ui::FormField* rate = nullptr;
        for (const ui::SpecForm* form : forms) {
            rate = rate != nullptr ? rate : form->field(u"learning_rate"_s);
        }
        QVERIFY(rate != nullptr); // it shows what the sample chose before it was there
        QCOMPARE(qobject_cast<QLineEdit*>(rate->editor())->text(), u"0.002"_s);
        QWidget* start = tests::buttonWithText(&page, u"&Start training"_s);
        QList<QWidget*> chain;
        for (QWidget* each = &page; chain.isEmpty() || each != &page;
             each = each->nextInFocusChain()) {
            chain.append(each);
        }
        QVERIFY(chain.indexOf(rate->editor()) > 0);
        for (const ui::SpecForm* form : forms) {
            for (QWidget* each : form->findChildren<QWidget*>()) {
                QVERIFY((each->focusPolicy() & Qt::TabFocus) == 0
                        || chain.indexOf(each) < chain.indexOf(start));
            }
        }
    }

    // A click on a cell of a full map takes a whole layer away.
    void theMapsHelpSaysThatACellIsNotAlone()
    {
        tests::Studio studio(ui::ThemeKind::Light, QStringLiteral(LOWRANK_FAKE_WORKER));
        ui::NewRunPage page(studio.context(), nullptr);
        const auto labels = page.findChildren<QLabel*>();
        QVERIFY(std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
            return label->text().contains("adds or removes its layer, its matrix or both"_L1);
        }));
    }

    void everyNumberFieldSaysItsRange()
    {
        app::RunSpec spec;
        ui::Dialogs dialogs;
        int numbers = 0;
        for (const app::FieldInfo& info : app::RunSpec::fields()) {
            const bool isNumber = info.kind == app::FieldInfo::Kind::Integer
                                  || info.kind == app::FieldInfo::Kind::Real;
            const QString range = app::rangeText(info);
            QCOMPARE(range.isEmpty(), !isNumber);
            const ui::SpecForm form(spec, info.group, {}, dialogs);
            const ui::FormField* field = form.field(info.name);
            if (!isNumber || field == nullptr) {
                continue;
            }
            ++numbers;
            QVERIFY2(field->editor()->accessibleDescription().contains(range),
                     qPrintable(info.name));
            QVERIFY(field->editor()->toolTip().contains(range));
        }
        QVERIFY(numbers >= 20);
        QCOMPARE(app::rangeText(*app::RunSpec::field(u"rank"_s)), u"1 to 4096"_s);
        QCOMPARE(app::rangeText(*app::RunSpec::field(u"seed"_s)), u"0 or more"_s);
    }

    void aPresetSaysWhyItsRateIsWhatItIs()
    {
        tests::Studio studio(ui::ThemeKind::Light, QStringLiteral(LOWRANK_FAKE_WORKER));
        ui::NewRunPage page(studio.context(), nullptr);
        openWithSample(studio, page);
        QTRY_VERIFY(page.isBuilt());
        tests::buttonWithText(&page, u"LoRA-GA"_s)->click();
        const auto reason = [&] {
            for (const QLabel* label : page.findChildren<QLabel*>()) {
                if (label->text().startsWith(u"LoRA-GA starts along"_s)) {
                    return label->isVisible();
                }
            }
            return false;
        };
        QVERIFY(reason());
        const auto buttons = page.findChildren<QPushButton*>();
        QVERIFY(std::none_of(buttons.begin(), buttons.end(), [](const QPushButton* each) {
            return each->isVisible() && each->text().startsWith(u"Use "_s); // it is the one already
        }));
        tests::buttonWithText(&page, u"LoRA"_s)->click();
        QVERIFY(!reason());
    }

    void aDefaultIsTheDefault()
    {
        app::RunSpec spec;
        ui::Dialogs dialogs;
        const ui::SpecForm form(spec, app::FieldInfo::Group::Watch, {}, dialogs);
        const QString saving = form.field(u"save_every"_s)->editor()->accessibleDescription();
        QVERIFY2(saving.endsWith("0: by time only. Default: 50."_L1), qPrintable(saving));
        const QString evals = form.field(u"eval_every"_s)->editor()->accessibleDescription();
        QVERIFY2(evals.endsWith("Default: each epoch."_L1), qPrintable(evals));
    }

    void theDeviceIsChosenFromWhatThereIs()
    {
        tests::Studio studio(ui::ThemeKind::Light, QStringLiteral(LOWRANK_FAKE_WORKER));
        ui::NewRunPage page(studio.context(), nullptr);
        QTRY_VERIFY(page.isBuilt());
        const auto* box = qobject_cast<QComboBox*>(fieldOf(page, u"device"_s)->editor());
        QVERIFY(box != nullptr);
        QCOMPARE(box->currentData().toString(), u"auto"_s);
        QCOMPARE(box->findData(u"cpu"_s), -1); // nobody has asked yet
        studio.app().findDevices();
        QTRY_VERIFY(box->findData(u"cpu"_s) >= 0);
        QCOMPARE(box->itemText(box->findData(u"cpu"_s)), u"cpu (Fake CPU)"_s);
        QCOMPARE(box->findData(u"cuda:0"_s), -1); // it cannot be used
        QCOMPARE(box->currentData().toString(), u"auto"_s);
        page.spec().setValue(u"device"_s, u"cuda:7"_s); // of another computer's run
        QCOMPARE(box->currentData().toString(), u"cuda:7"_s);
        const auto* dtype = qobject_cast<QComboBox*>(fieldOf(page, u"dtype"_s)->editor());
        QCOMPARE(dtype->itemText(dtype->findData(u"bf16"_s)), u"bfloat16"_s);
    }

    void aFieldsErrorIsSaidAtTheField()
    {
        tests::Studio studio(ui::ThemeKind::Light, QStringLiteral(LOWRANK_FAKE_WORKER));
        ui::NewRunPage page(studio.context(), nullptr);
        QTRY_VERIFY(page.isBuilt());
        page.spec().setValue(u"eval_data"_s, u"/nosuch/file.jsonl"_s);
        QVERIFY(fieldOf(page, u"eval_data"_s)
                    ->error()
                    .contains("/nosuch/file.jsonl: there is no such file"_L1));
        page.spec().setValue(u"eval_data"_s, u"0.05"_s);
        QVERIFY(fieldOf(page, u"eval_data"_s)->error().isEmpty());
        page.spec().setValue(u"learning_rate"_s, 12.0);
        QVERIFY2(fieldOf(page, u"learning_rate"_s)->error().contains("Error: 12 is not"_L1),
                 qPrintable(fieldOf(page, u"learning_rate"_s)->error()));
    }

    void startMakesOneRunHoweverOftenItIsClicked()
    {
        tests::Studio studio(ui::ThemeKind::Light, QStringLiteral(LOWRANK_FAKE_WORKER));
        ui::NewRunPage page(studio.context(), nullptr);
        openWithSample(studio, page);
        const QSignalSpy requested(&page, &ui::Page::pageRequested);
        QPushButton* start = tests::buttonWithText(&page, u"&Start training"_s);
        start->click();
        QVERIFY(!start->isEnabled());
        QVERIFY(requested.isEmpty()); // the folder is another thread's work
        page.spec().setValue(u"name"_s, u"meanwhile"_s);
        QVERIFY(!start->isEnabled());
        start->click();
        QTRY_COMPARE(requested.size(), 1);
        QVERIFY(start->isEnabled());
        const QString id = requested.at(0).at(1).toString();
        QCOMPARE(QDir(studio.app().paths().runs()).entryList(QDir::Dirs | QDir::NoDotAndDotDot),
                 QStringList{id});
        const app::RunController* run = studio.app().runs().open(id);
        QVERIFY(run != nullptr);
        QTRY_COMPARE(run->state(), app::RunState::Finished);
    }

    void aRunThatCannotBeWrittenIsToldOnThePage()
    {
        tests::Studio studio(ui::ThemeKind::Light, QStringLiteral(LOWRANK_FAKE_WORKER));
        ui::NewRunPage page(studio.context(), nullptr);
        openWithSample(studio, page);
        const QSignalSpy requested(&page, &ui::Page::pageRequested);
        // A file where the folder of runs should be.
        QVERIFY(QDir(studio.app().paths().runs()).removeRecursively());
        QFile inTheWay(studio.app().paths().runs());
        QVERIFY(inTheWay.open(QIODevice::WriteOnly));
        QPushButton* start = tests::buttonWithText(&page, u"&Start training"_s);
        start->click();
        QTRY_COMPARE(page.banner().property("banner").toString(), u"danger"_s);
        QVERIFY(requested.isEmpty());
        QVERIFY(start->isEnabled());
    }

    void aMatrixGetsARankOfItsOwn()
    {
        tests::Studio studio(ui::ThemeKind::Light, QStringLiteral(LOWRANK_FAKE_WORKER));
        ui::NewRunPage page(studio.context(), nullptr);
        openWithSample(studio, page);
        auto* map = page.findChild<ui::TargetMap*>();
        const auto* status = page.findChild<QLabel*>(u"mapStatus"_s);
        QTest::keyClick(map, Qt::Key_Home);
        Q_EMIT map->pointed(map->cellText(0, 0));
        QVERIFY2(status->text().contains("removes layer 0"_L1), qPrintable(status->text()));
        const qint64 before = page.spec().trainableParameters();
        studio.dialogs().setNextNumber(4);
        QTest::keyClick(map, Qt::Key_R);
        QCOMPARE(page.spec().cell(0, u"q_proj"_s).rank, 4);
        QCOMPARE(page.spec().cell(1, u"q_proj"_s).rank, 16);
        QVERIFY(page.spec().trainableParameters() < before);
        studio.dialogs().setNextNumber(2);
        QTest::keyClick(map, Qt::Key_R, Qt::ControlModifier);
        QCOMPARE(page.spec().cell(1, u"q_proj"_s).rank, 2);
        QCOMPARE(page.spec().cell(0, u"q_proj"_s).rank, 4);
        QTest::keyClick(map, Qt::Key_R); // cancelled: unscripted and silent
        QCOMPARE(page.spec().cell(0, u"q_proj"_s).rank, 4);
        QVERIFY2(page.spec().canStart(), qPrintable(page.spec().errors().values().join(u' ')));
        studio.dialogs().setNextNumber(0);
        QTest::keyClick(map, Qt::Key_R);
        studio.dialogs().setNextNumber(0);
        QTest::keyClick(map, Qt::Key_R, Qt::ControlModifier);
        QCOMPARE(page.spec().trainableParameters(), before);
    }

    void makeItFitLowersTheMicroBatchFirst()
    {
        tests::Studio studio(ui::ThemeKind::Light, QStringLiteral(LOWRANK_FAKE_WORKER));
        ui::NewRunPage page(studio.context(), nullptr);
        openWithSample(studio, page);
        page.spec().setValue(u"micro_batch_size"_s, kTooManyRows);
        page.spec().setValue(u"grad_accum_steps"_s, 1);
        page.spec().setValue(u"seq_len"_s, 256);
        page.spec().setValue(u"packing"_s, false);
        QPushButton* fit = tests::buttonWithText(&page, u"Make it &fit"_s);
        QVERIFY2(page.spec().canStart(), qPrintable(page.spec().errors().values().join(u' ')));
        QTRY_VERIFY_WITH_TIMEOUT(fit->isVisible(), kPatienceMilliseconds);
        const auto* bar = page.findChild<ui::MemoryBar*>();
        QVERIFY(!bar->fits());
        const qint64 length = page.spec().value(u"seq_len"_s).toLongLong();
        fit->click();
        QTRY_COMPARE_WITH_TIMEOUT(
            page.banner().property("banner").toString(), u"success"_s, kPatienceMilliseconds);
        const qint64 rows = page.spec().value(u"micro_batch_size"_s).toLongLong();
        QVERIFY(rows >= 1 && rows < kTooManyRows);
        QCOMPARE(rows * page.spec().value(u"grad_accum_steps"_s).toLongLong(),
                 qint64{kTooManyRows});
        // What costs data was not touched.
        QCOMPARE(page.spec().value(u"seq_len"_s).toLongLong(), length);
        QVERIFY2(
            page.banner().text().contains(u"micro-batch %1 -> %2,"_s.arg(kTooManyRows).arg(rows)),
            qPrintable(page.banner().text()));
        QVERIFY(bar->fits());
        QVERIFY(!fit->isVisible());
    }

    void makeItFitSaysWhenNothingHelps_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<bool>("gradCheckpointing");
        QTest::addColumn<QString>("baseQuant");
        QTest::newRow("adapters") << u"lora"_s << true << u"nf4"_s;
        // Every weight trains: there is nothing to recompute or to quantise.
        QTest::newRow("every weight") << u"full"_s << false << u"none"_s;
    }

    void makeItFitSaysWhenNothingHelps()
    {
        QFETCH(QString, method);
        QFETCH(bool, gradCheckpointing);
        QFETCH(QString, baseQuant);
        qputenv("LOWRANK_FAKE", "tiny_memory");
        tests::Studio studio(ui::ThemeKind::Light, QStringLiteral(LOWRANK_FAKE_WORKER));
        ui::NewRunPage page(studio.context(), nullptr);
        openWithSample(studio, page);
        page.spec().setValue(u"method"_s, method);
        QVERIFY2(page.spec().canStart(), qPrintable(page.spec().errors().values().join(u' ')));
        QPushButton* fit = tests::buttonWithText(&page, u"Make it &fit"_s);
        QTRY_VERIFY_WITH_TIMEOUT(fit->isVisible(), kPatienceMilliseconds);
        fit->click();
        QTRY_COMPARE_WITH_TIMEOUT(
            page.banner().property("banner").toString(), u"warning"_s, kPatienceMilliseconds);
        QVERIFY(page.banner().text().contains("smallest settings"_L1));
        QVERIFY(page.spec().value(u"micro_batch_size"_s).toLongLong() <= 1);
        QCOMPARE(page.spec().value(u"grad_checkpointing"_s).toBool(), gradCheckpointing);
        QCOMPARE(page.spec().value(u"base_quant"_s).toString(), baseQuant);
        // The worker resolved 512 tokens: halved to 256 and 128, and no further.
        QCOMPARE(page.spec().value(u"seq_len"_s).toLongLong(), qint64{128});
        // The worker would refuse it; the settings are not frozen.
        QVERIFY(page.spec().canStart());
        const QPushButton* start = tests::buttonWithText(&page, u"&Start training"_s);
        QTRY_VERIFY(!start->isEnabled());
        QVERIFY2(start->toolTip().contains("does not fit"_L1), qPrintable(start->toolTip()));
        qunsetenv("LOWRANK_FAKE");
    }

    void whatCannotBeEstimatedCannotBeStarted()
    {
        qputenv("LOWRANK_FAKE", "broken_model");
        tests::Studio studio(ui::ThemeKind::Light, QStringLiteral(LOWRANK_FAKE_WORKER));
        ui::NewRunPage page(studio.context(), nullptr);
        openWithSample(studio, page);
        const QPushButton* start = tests::buttonWithText(&page, u"&Start training"_s);
        QTRY_VERIFY(!start->isEnabled());
        QVERIFY2(start->toolTip().contains("it is cut off"_L1), qPrintable(start->toolTip()));
        const QList<QLabel*> labels = page.findChildren<QLabel*>();
        QVERIFY(std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
            return label->isVisible() && label->text().contains("it is cut off"_L1);
        }));
        QVERIFY(!tests::buttonWithText(&page, u"Make it &fit"_s)->isVisible());
        qunsetenv("LOWRANK_FAKE");
    }

private:
    static const ui::FormField* fieldOf(const ui::NewRunPage& page, const QString& name)
    {
        for (const ui::SpecForm* form : page.findChildren<ui::SpecForm*>()) {
            if (form->field(name) != nullptr) {
                return form->field(name);
            }
        }
        return nullptr;
    }

    static void openWithSample(tests::Studio& studio, ui::NewRunPage& page)
    {
        QTRY_COMPARE(studio.app().catalog().datasets().size(), app::Paths::sampleDatasets().size());
        page.show();
        page.open(u"sample"_s);
        QTRY_VERIFY(page.spec().canStart());
    }
};

QTEST_MAIN(TestNewRunPage)
#include "test_new_run_page.moc"

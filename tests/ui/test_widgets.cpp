// Map, form fields, memory bar, tokens, job bar: what they show and what a hand or a key does.
// One file because each of them has but a few cases.
#include <QContextMenuEvent>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMouseEvent>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QStandardItemModel>
#include <QTableView>
#include <QTest>

#include "tests/ui/strict.h"
#include "ui/services/dialogs.h"
#include "ui/widgets/chat_pane.h"
#include "ui/widgets/column_map_editor.h"
#include "ui/widgets/data_gate.h"
#include "ui/widgets/elided_header.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/form_field.h"
#include "ui/widgets/memory_bar.h"
#include "ui/widgets/parts.h"
#include "ui/widgets/spec_form.h"
#include "ui/widgets/target_map.h"
#include "ui/widgets/token_view.h"

using namespace Qt::StringLiterals;

namespace {

// Four layers of width 64 with 2 of 4 heads for keys.
app::ModelRecord tinyModel()
{
    app::ModelRecord model;
    model.id = u"tiny"_s;
    model.path = u"/nowhere/tiny"_s;
    model.name = u"tiny"_s;
    model.family = u"llama"_s;
    model.shape = {.hiddenSize = 64,
                   .intermediateSize = 172,
                   .numLayers = 4,
                   .numHeads = 4,
                   .numKvHeads = 2,
                   .headDim = 16,
                   .vocabSize = 512,
                   .maxPositions = 512};
    return model;
}

} // namespace

class TestWidgets final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init()
    {
        tests::failOnWarnings();
        m_theme.apply(ui::ThemeKind::Dark);
    }

    void mapTakesClicks()
    {
        app::RunSpec spec;
        spec.setBaseModel(tinyModel());
        ui::TargetMap map(m_theme, spec);
        map.resize(map.sizeHint());
        QCOMPARE(map.layers(), 4);
        QCOMPARE(map.selectedCount(), 28);
        spec.applyPreset(app::RunSpec::Preset::AttentionQv);
        QCOMPARE(map.selectedCount(), 8);
        // The row header of k_proj adds the row.
        QTest::mouseClick(&map, Qt::LeftButton, {}, QPoint(10, map.cellRect(1, 0).center().y()));
        QVERIFY(spec.targets().contains(u"k_proj"_s));
        QCOMPARE(map.selectedCount(), 12);
        // The column header of layer 2 takes the layer away.
        QTest::mouseClick(&map, Qt::LeftButton, {}, QPoint(map.cellRect(0, 2).center().x(), 5));
        QCOMPARE(map.selectedCount(), 9);
        QVERIFY(!spec.layers().contains(2));
    }

    // A selection is targets x layers, so a click on one cell moves its neighbours too: it is said
    // before.
    void mapSaysWhatAClickDoes()
    {
        app::RunSpec spec;
        spec.setBaseModel(tinyModel());
        ui::TargetMap map(m_theme, spec);
        map.resize(map.sizeHint());
        const QSignalSpy pointed(&map, &ui::TargetMap::pointed);
        const auto click = [&](int target, int layer) {
            QMouseEvent move(QEvent::MouseMove,
                             map.cellRect(target, layer).center(),
                             map.mapToGlobal(map.cellRect(target, layer).center()),
                             Qt::NoButton,
                             Qt::NoButton,
                             Qt::NoModifier);
            QCoreApplication::sendEvent(&map, &move);
            const QString said = map.toolTip();
            QTest::mouseClick(&map, Qt::LeftButton, {}, map.cellRect(target, layer).center());
            return said;
        };
        QVERIFY(click(1, 3).contains("removes layer 3"_L1));
        QCOMPARE(spec.layers(), QList<qint64>({0, 1, 2}));
        QCOMPARE(map.selectedCount(), 21);
        QVERIFY(pointed.last().at(0).toString().contains("adds layer 3"_L1)); // the next click
        QVERIFY(click(1, 3).contains("adds layer 3"_L1));
        QCOMPARE(map.selectedCount(), 28);
        spec.setSelection({u"q_proj"_s, u"k_proj"_s}, {2});
        QVERIFY(click(1, 2).contains("removes k_proj"_L1));
        QCOMPARE(spec.targets(), QStringList{u"q_proj"_s});
        QVERIFY(click(2, 2).contains("adds v_proj."_L1));
        QVERIFY(click(1, 0).contains("adds k_proj and layer 0"_L1));
        QCOMPARE(map.selectedCount(), 6);
        QEvent leave(QEvent::Leave);
        QCoreApplication::sendEvent(&map, &leave);
        QVERIFY(pointed.last().at(0).toString().isEmpty());
    }

    void mapTakesADrag()
    {
        app::RunSpec spec;
        spec.setBaseModel(tinyModel());
        ui::TargetMap map(m_theme, spec);
        map.resize(map.sizeHint());
        QTest::mousePress(&map, Qt::LeftButton, {}, map.cellRect(0, 1).center());
        QTest::mouseMove(&map, map.cellRect(1, 1).center());
        QTest::mouseMove(&map, map.cellRect(2, 2).center());
        QTest::mouseRelease(&map, Qt::LeftButton, {}, map.cellRect(2, 2).center());
        QCOMPARE(spec.layers(), QList<qint64>({1, 2}));
        QCOMPARE(spec.targets(), QStringList({u"q_proj"_s, u"k_proj"_s, u"v_proj"_s}));
        QCOMPARE(map.selectedCount(), 6);
    }

    void mapTakesKeys()
    {
        app::RunSpec spec;
        spec.setBaseModel(tinyModel());
        spec.applyPreset(app::RunSpec::Preset::AttentionQv);
        ui::TargetMap map(m_theme, spec);
        map.resize(map.sizeHint());
        QTest::keyClick(&map, Qt::Key_Down);
        QTest::keyClick(&map, Qt::Key_Space, Qt::ControlModifier);
        QVERIFY(spec.targets().contains(u"k_proj"_s));
        QTest::keyClick(&map, Qt::Key_End);
        QTest::keyClick(&map, Qt::Key_Space, Qt::ShiftModifier);
        QVERIFY(!spec.layers().contains(3));
        QVERIFY2(map.accessibleDescription().contains(u"k_proj, layer 3: frozen"_s),
                 qPrintable(map.accessibleDescription()));
    }

    void mapAsksForARank()
    {
        app::RunSpec spec;
        spec.setBaseModel(tinyModel());
        ui::TargetMap map(m_theme, spec);
        map.resize(map.sizeHint());
        const QSignalSpy asked(&map, &ui::TargetMap::rankRequested);
        QTest::keyClick(&map, Qt::Key_Right);
        QTest::keyClick(&map, Qt::Key_R);
        QCOMPARE(asked.value(0), (QVariantList{u"q_proj"_s, 1}));
        QTest::keyClick(&map, Qt::Key_R, Qt::ControlModifier);
        QCOMPARE(asked.value(1), (QVariantList{u"q_proj"_s, -1}));
        const QPoint place = map.cellRect(2, 3).center();
        QContextMenuEvent click(QContextMenuEvent::Mouse, place, map.mapToGlobal(place));
        QCoreApplication::sendEvent(&map, &click);
        auto* menu = map.findChild<QMenu*>();
        QVERIFY(menu != nullptr);
        QCOMPARE(menu->actions().size(), 2);
        QVERIFY(menu->actions().at(0)->text().contains("v_proj, layer 3"_L1));
        menu->actions().at(0)->trigger();
        QCOMPARE(asked.value(2), (QVariantList{u"v_proj"_s, 3}));
        menu->close();
    }

    void mapDrawsARankOfItsOwn()
    {
        app::RunSpec spec;
        spec.setBaseModel(tinyModel());
        ui::TargetMap map(m_theme, spec);
        map.resize(map.sizeHint());
        const QRect cell = map.cellRect(1, 2);
        const QImage check = map.grab(cell).toImage();
        QCOMPARE(map.grab(map.cellRect(1, 3)).toImage(), check);
        spec.setCellRank(2, u"k_proj"_s, 8);
        QVERIFY(map.grab(cell).toImage() != check);
        QVERIFY(map.cellText(1, 2).contains("rank 8"_L1));
        QCOMPARE(map.grab(map.cellRect(1, 3)).toImage(), check);
    }

    void mapCountsParameters()
    {
        app::RunSpec spec;
        spec.setBaseModel(tinyModel());
        spec.setValue(u"rank"_s, 8);
        spec.applyPreset(app::RunSpec::Preset::AttentionQv);
        // q: 8 (64 + 64), v: 8 (64 + 32); four layers.
        QCOMPARE(spec.trainableParameters(), qint64{4} * (8 * 128 + 8 * 96));
    }

    void specFormWritesAndComplains()
    {
        app::RunSpec spec;
        ui::Dialogs dialogs;
        ui::SpecForm form(spec, app::FieldInfo::Group::Optimizer, {}, dialogs);
        ui::FormField* rate = form.field(u"learning_rate"_s);
        QVERIFY(rate != nullptr);
        auto* edit = qobject_cast<QLineEdit*>(rate->editor());
        QVERIFY(edit != nullptr);
        edit->clear();
        QTest::keyClicks(edit, u"3e-4"_s);
        QCOMPARE(spec.value(u"learning_rate"_s).toDouble(), 3e-4);
        QVERIFY(rate->error().isEmpty());
        edit->clear();
        QTest::keyClicks(edit, u"-1"_s);
        QVERIFY(!rate->error().isEmpty());
        QVERIFY(edit->property("invalid").toBool());
    }

    void specFormWarnsOfLoraPlusRate()
    {
        app::RunSpec spec;
        ui::Dialogs dialogs;
        ui::SpecForm form(spec, app::FieldInfo::Group::Optimizer, {}, dialogs);
        spec.setValue(u"learning_rate"_s, 2e-4);
        spec.setValue(u"loraplus_ratio"_s, 16.0);
        const bool isWarned = !form.field(u"learning_rate"_s)->warning().isEmpty()
                              || !form.field(u"loraplus_ratio"_s)->warning().isEmpty();
        QVERIFY(isWarned);
    }

    void memoryBarSaysWhetherItFits()
    {
        ui::MemoryBar bar(m_theme);
        QVERIFY(bar.summary().contains(u"No estimate"_s));
        bar.setTerms({{u"base"_s, 600}, {u"activations"_s, 500}}, 1200);
        QVERIFY(bar.fits());
        bar.setTerms({{u"base"_s, 600}, {u"activations"_s, 700}}, 1200);
        QVERIFY(!bar.fits());
        QCOMPARE(bar.total(), qint64{1300});
        QVERIFY(bar.summary().contains(u"too much"_s));
        bar.resize(300, 120);
        QVERIFY(!bar.grab().isNull());
    }

    void tokenViewCountsTheMask()
    {
        ui::TokenView view(m_theme);
        view.resize(300, 120);
        view.setTokens({{u"Hello"_s, 5, false}, {u" world"_s, 6, true}, {u"\n"_s, 7, true}});
        QCOMPARE(view.tokenCount(), 3);
        QCOMPARE(view.trainedCount(), 2);
        QVERIFY(view.accessibleDescription().contains(u"[ world]"_s));
    }

    void columnMapSpeaksOfChanges()
    {
        ui::ColumnMapEditor editor;
        editor.setColumns({u"question"_s, u"answer"_s}, {{u"question"_s, u"prompt"_s}});
        QCOMPARE(editor.map(), QJsonObject({{u"question"_s, u"prompt"_s}}));
        const QSignalSpy changed(&editor, &ui::ColumnMapEditor::mapChanged);
        editor.reset();
        QCOMPARE(changed.count(), 1);
        QVERIFY(editor.map().isEmpty() && editor.hasColumns());
    }

    void chatPaneStreams()
    {
        ui::ChatPane pane(m_theme, u"Left"_s);
        pane.setChoices({{u"base model"_s, QString()}, {u"mine"_s, u"run/adapter"_s}});
        pane.choose(u"run/adapter"_s);
        const int least = pane.minimumSizeHint().width();
        QCOMPARE(pane.adapterName(), u"mine"_s);
        pane.addQuestion(u"1 + 1?"_s);
        pane.beginAnswer();
        pane.addToken(u"t"_s);
        pane.addToken(u"wo"_s);
        QCOMPARE(pane.lastAnswer(), u"two"_s);
        pane.endAnswer(u"two"_s, u"2 tokens"_s);
        QCOMPARE(pane.history().size(), 2);
        pane.addToken(u"late"_s);
        QCOMPARE(pane.lastAnswer(), u"two"_s);
        pane.setChoices({{QString(u"long "_s).repeated(50), u"run/adapter"_s}});
        QVERIFY(pane.minimumSizeHint().width() <= least); // the other side keeps its room
    }

    // As wide as the page gives it in a window of the default size.
    void dataGateCutsNoText()
    {
        app::DatasetCheck check;
        check.rows = 1;
        check.preview = {{.row = 1,
                          .rendered = u"<|im_start|>user\nWhat is the capital of France?"_s,
                          .tokens = {{.id = 1, .text = u"What"_s, .trained = true}},
                          .totalTokens = 1200,
                          .trainedTokens = 1}};
        ui::DataGate gate(m_theme);
        gate.resize(730, 600);
        gate.show();
        gate.showCheck(check, {});
        QVERIFY(QTest::qWaitForWindowExposed(&gate));
        const QTableView* rows = nullptr;
        for (const QTableView* table : gate.findChildren<QTableView*>()) {
            rows = table->isVisible() ? table : rows;
        }
        QVERIFY(rows != nullptr);
        const QHeaderView* header = rows->horizontalHeader();
        for (int column = 0; column < header->count(); ++column) {
            QVERIFY2(header->sectionSize(column) >= header->sectionSizeHint(column),
                     qPrintable(QString::number(column)));
        }
        for (const QLabel* label : gate.findChildren<QLabel*>()) {
            if (label->isVisible() && label->wordWrap()) {
                QVERIFY2(label->height() >= label->heightForWidth(label->width()),
                         qPrintable(label->text()));
            } else if (label->isVisible()) {
                QVERIFY2(label->width() >= label->minimumSizeHint().width(),
                         qPrintable(label->text()));
            }
        }
        const auto* caption = gate.findChild<QLabel*>(u"tokensCaption"_s);
        QVERIFY(caption != nullptr && caption->wordWrap());
    }

    void dataGateSaysWhyAFileIsRefused()
    {
        app::DatasetCheck check;
        check.reason = u"fake.parquet: this is a Parquet file, which is not read yet."_s;
        ui::DataGate gate(m_theme);
        gate.show();
        gate.showCheck(check, {});
        const auto* reason = gate.findChild<QLabel*>(u"refusal"_s);
        QVERIFY(reason != nullptr && reason->isVisible());
        QCOMPARE(reason->text(), check.reason);
        QCOMPARE(gate.problemCount(), 1);
        for (const ui::NumberTile* tile : gate.findChildren<ui::NumberTile*>()) {
            QVERIFY(!tile->isVisible()); // no zeros that nobody counted
        }
        gate.clear();
        QVERIFY(!reason->isVisible());
        QVERIFY(gate.refusal().isEmpty());
        QCOMPARE(gate.problemCount(), 0);
    }

    void aLongTitleGivesWay()
    {
        const QString whole = u"2026-11-27-081411-model with a long name"_s;
        ui::ElidedLabel label(whole, u"title"_s, nullptr);
        label.show();
        label.resize(label.sizeHint());
        QCOMPARE(label.shownText(), whole);
        QVERIFY(label.minimumSizeHint().width() < label.sizeHint().width() / 2);
        label.resize(label.minimumSizeHint());
        QVERIFY(label.shownText() != whole);
        QVERIFY(label.shownText().startsWith(u"20"_s));
        QCOMPARE(label.text(), whole); // what a screen reader says
    }

    void returnPressesAButton()
    {
        QWidget window;
        QPushButton* button = ui::makePrimaryButton(u"Start"_s, &window);
        const QSignalSpy clicked(button, &QPushButton::clicked);
        QTest::keyClick(button, Qt::Key_Return);
        QCOMPARE(clicked.count(), 1);
        button->setEnabled(false);
        QTest::keyClick(button, Qt::Key_Return);
        QCOMPARE(clicked.count(), 1);
    }

    void dialogsCanBeScripted()
    {
        ui::Dialogs dialogs;
        dialogs.setSilent();
        dialogs.setNextAnswer(0);
        QCOMPARE(dialogs.ask(nullptr, u"Delete?"_s, u"text"_s, {u"Delete"_s, u"Cancel"_s}), 0);
        QCOMPARE(dialogs.ask(nullptr, u"Delete?"_s, u"text"_s, {u"Delete"_s, u"Cancel"_s}), 1);
        dialogs.setNextPath(u"/tmp/a"_s);
        QCOMPARE(dialogs.openFolder(nullptr, u"Folder"_s), u"/tmp/a"_s);
        QVERIFY(dialogs.openFolder(nullptr, u"Folder"_s).isEmpty());
        QCOMPARE(dialogs.shown().size(), 4);
    }

private:
    ui::Theme m_theme;

    void aColumnTitleIsCutWithAnEllipsis()
    {
        QStandardItemModel model;
        model.setHorizontalHeaderLabels({u"2026-11-28-100239-model"_s});
        ui::ElidedHeader header;
        header.setModel(&model);
        header.resizeSection(0, 400);
        QCOMPARE(header.shownText(0), u"2026-11-28-100239-model"_s);
        header.resizeSection(0, 90);
        QVERIFY(header.shownText(0).contains(u'\u2026'));
    }
};

QTEST_MAIN(TestWidgets)
#include "test_widgets.moc"

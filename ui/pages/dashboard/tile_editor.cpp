#include "ui/pages/dashboard/tile_editor.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using models::Measure;
using models::Tile;
using models::TileKind;
using models::TileSeries;
using widgets::Theme;

namespace {

constexpr int kWidth = 268;

constexpr TileKind kKinds[] = {TileKind::Line,    TileKind::Area,   TileKind::Stacked,
                               TileKind::HeatMap, TileKind::Number, TileKind::Table,
                               TileKind::Log,     TileKind::Alarms, TileKind::Text};

bool isChart(TileKind kind)
{
    return kind == TileKind::Line || kind == TileKind::Area || kind == TileKind::Stacked;
}

} // namespace

TileEditor::TileEditor(QWidget* parent)
    : QFrame(parent), m_hint(new QLabel(this)), m_fields(new QWidget(this)),
      m_title(new QLineEdit(this)), m_kind(new QComboBox(this)), m_measures(new QListWidget(this)),
      m_function(new QComboBox(this)), m_version(new QComboBox(this)),
      m_byFunction(new QCheckBox(tr("A series for each function"), this)),
      m_text(new QPlainTextEdit(this))
{
    setObjectName(QStringLiteral("tileEditor"));
    setProperty("card", true);
    setFixedWidth(kWidth);
    m_hint->setWordWrap(true);
    m_hint->setProperty("muted", true);
    m_hint->setText(
        tr("Select a tile to change what it shows. Drag it to move it, drag its corner to resize "
           "it.\n\nKeys: arrows move, Shift and arrows resize, Ctrl+D duplicates, Delete removes, "
           "Ctrl+Z undoes."));
    widgets::identify(m_title, QStringLiteral("tileTitle"), tr("Title of the tile"));
    m_title->setMaxLength(255);
    widgets::identify(m_kind, QStringLiteral("tileKind"), tr("Kind of tile"));
    for (const TileKind kind : kKinds)
        m_kind->addItem(models::nameOf(kind), int(kind));
    widgets::identify(m_measures, QStringLiteral("tileMeasures"), tr("What the tile shows"));
    fillMeasures();
    widgets::identify(m_function, QStringLiteral("tileFunction"), tr("Function of the tile"));
    widgets::identify(m_version, QStringLiteral("tileVersion"), tr("Version of the tile"),
                      tr("A version or an alias; calls without one are of all versions only"));
    m_version->setEditable(true);
    m_version->addItem(tr("All versions"), QString());
    m_version->addItem(tr("The chosen version"), models::kVersionVariable);
    widgets::identify(m_byFunction, QStringLiteral("tileByFunction"),
                      tr("A series for each function"),
                      tr("The five busiest functions, each in its colour"));
    widgets::identify(m_text, QStringLiteral("tileText"), tr("Text of the tile"));
    m_text->setTabChangesFocus(true);
    m_duplicate = widgets::makeButton(QStringLiteral("tileDuplicate"), tr("Duplicate"),
                                      widgets::ButtonKind::Normal, QStringLiteral("copy"), this);
    m_duplicate->setToolTip(tr("Duplicate the tile (Ctrl+D)"));
    m_remove = widgets::makeButton(QStringLiteral("tileRemove"), tr("Remove"),
                                   widgets::ButtonKind::Danger, QStringLiteral("trash"), this);
    m_remove->setToolTip(tr("Remove the tile (Delete)"));

    auto* column = new QVBoxLayout(m_fields);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    const auto row = [&](const QString& label, QWidget* field) {
        auto* caption = widgets::makeCaption(label, m_fields);
        column->addWidget(caption);
        column->addWidget(field);
        column->addSpacing(4);
        return QList<QWidget*>{caption, field};
    };
    row(tr("Title"), m_title);
    row(tr("Kind"), m_kind);
    m_measureRow = row(tr("Shows"), m_measures);
    m_functionRow = row(tr("Of"), m_function);
    m_versionRow = row(tr("Version"), m_version);
    column->addWidget(m_byFunction);
    m_textRow = row(tr("Text, as Markdown"), m_text);
    column->addStretch();
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_duplicate);
    buttons->addWidget(m_remove);
    column->addLayout(buttons);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::kMargin, 12, Theme::kMargin, 12);
    layout->addWidget(widgets::makeHeading(tr("Tile"), this));
    layout->addWidget(m_hint);
    layout->addWidget(m_fields, 1);
    layout->addStretch();

    connect(m_title, &QLineEdit::editingFinished, this, &TileEditor::commit);
    connect(m_kind, &QComboBox::activated, this, &TileEditor::commit);
    connect(m_function, &QComboBox::activated, this, &TileEditor::commit);
    connect(m_version, &QComboBox::activated, this, &TileEditor::commit);
    connect(m_version->lineEdit(), &QLineEdit::editingFinished, this, &TileEditor::commit);
    connect(m_byFunction, &QCheckBox::clicked, this, &TileEditor::commit);
    connect(m_text, &QPlainTextEdit::textChanged, this, &TileEditor::commit);
    connect(m_measures, &QListWidget::itemChanged, this,
            [this](QListWidgetItem* item) { measureToggled(m_measures->row(item)); });
    connect(m_duplicate, &QPushButton::clicked, this,
            [this] { Q_EMIT duplicateRequested(m_tile.id); });
    connect(m_remove, &QPushButton::clicked, this, [this] { Q_EMIT removeRequested(m_tile.id); });
    setFunctions({});
    setTile(nullptr);
}

void TileEditor::fillMeasures()
{
    for (const models::MeasureInfo& info : models::measures()) {
        auto* item = new QListWidgetItem(info.name, m_measures);
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
        item->setCheckState(Qt::Unchecked);
    }
    m_measures->setMinimumHeight(160);
    m_measures->setToolTip(tr("Measures of one unit share a chart; a number shows one"));
}

void TileEditor::setFunctions(const QStringList& names)
{
    const QScopedValueRollback<bool> showing(m_showing, true);
    const QString chosen = scope(*m_function);
    m_function->clear();
    m_function->addItem(tr("All functions"), QString());
    m_function->addItem(tr("The chosen function"), models::kFunctionVariable);
    for (const QString& name : names)
        m_function->addItem(name, name);
    setScope(*m_function, chosen);
}

void TileEditor::setTile(const Tile* tile)
{
    m_hint->setVisible(!tile);
    m_fields->setVisible(tile);
    if (!tile)
        m_tile = {};
    else if (*tile != m_tile)
        show(*tile);
}

void TileEditor::show(const Tile& tile)
{
    const QScopedValueRollback<bool> showing(m_showing, true);
    m_tile = tile;
    if (m_title->text() != tile.title)
        m_title->setText(tile.title);
    m_kind->setCurrentIndex(m_kind->findData(int(tile.kind)));
    for (int row = 0; row < m_measures->count(); ++row) {
        const bool shown = std::any_of(tile.series.begin(), tile.series.end(),
                                       [row](const auto& one) { return int(one.measure) == row; });
        m_measures->item(row)->setCheckState(shown ? Qt::Checked : Qt::Unchecked);
    }
    setScope(*m_function, tile.function);
    setScope(*m_version, tile.version);
    m_byFunction->setChecked(tile.byFunction);
    if (m_text->toPlainText() != tile.text)
        m_text->setPlainText(tile.text);
    showFields();
}

void TileEditor::showFields()
{
    const TileKind kind = m_tile.kind;
    const bool measured = isChart(kind) || kind == TileKind::Number;
    const auto showRow = [](const QList<QWidget*>& row, bool shown) {
        for (QWidget* widget : row)
            widget->setVisible(shown);
    };
    showRow(m_measureRow, measured);
    showRow(m_functionRow, measured || kind == TileKind::Log || kind == TileKind::Alarms ||
                               kind == TileKind::HeatMap);
    showRow(m_versionRow, measured && !m_tile.function.isEmpty());
    m_byFunction->setVisible(isChart(kind) && m_tile.function.isEmpty());
    showRow(m_textRow, kind == TileKind::Text);
    m_kind->setEnabled(kind != TileKind::Unknown);
    m_title->setEnabled(kind != TileKind::Unknown);
}

QString TileEditor::scope(const QComboBox& box) const
{
    const int index =
        box.isEditable() ? box.findText(box.currentText().trimmed()) : box.currentIndex();
    return index >= 0 ? box.itemData(index).toString() : box.currentText().trimmed().left(128);
}

void TileEditor::setScope(QComboBox& box, const QString& value)
{
    int index = box.findData(value);
    if (index < 0) { // a function that is gone, a version by its number
        box.addItem(value, value);
        index = box.count() - 1;
    }
    box.setCurrentIndex(index);
}

// A chart has one axis, so one unit; a number is one.
void TileEditor::measureToggled(int row)
{
    if (m_showing)
        return;
    if (m_measures->item(row)->checkState() == Qt::Checked) {
        const QScopedValueRollback<bool> showing(m_showing, true);
        const models::MeasureUnit unit = models::infoOf(Measure(row)).unit;
        for (int other = 0; other < m_measures->count(); ++other) {
            const bool fits =
                m_tile.kind != TileKind::Number && models::infoOf(Measure(other)).unit == unit;
            if (other != row && !fits)
                m_measures->item(other)->setCheckState(Qt::Unchecked);
        }
    }
    commit();
}

void TileEditor::commit()
{
    if (m_showing || m_tile.id.isEmpty())
        return;
    Tile tile = m_tile;
    tile.title = m_title->text();
    if (m_tile.kind != TileKind::Unknown)
        tile.kind = TileKind(m_kind->currentData().toInt());
    const QString function = scope(*m_function);
    const QString version = function.isEmpty() ? QString() : scope(*m_version);
    QList<TileSeries> series;
    for (int row = 0; row < m_measures->count(); ++row) {
        if (m_measures->item(row)->checkState() == Qt::Checked)
            series.append({Measure(row), function, version});
    }
    // Series of several functions, as a file may bring them, stay until somebody chooses otherwise.
    const auto measuresOf = [](const QList<TileSeries>& all) {
        QList<int> rows;
        for (const TileSeries& one : all)
            rows.append(int(one.measure));
        std::sort(rows.begin(), rows.end());
        rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
        return rows;
    };
    if (function != m_tile.function || version != m_tile.version ||
        measuresOf(series) != measuresOf(m_tile.series))
        tile.series = series;
    tile.function = function;
    tile.version = version;
    if ((isChart(tile.kind) || tile.kind == TileKind::Number) && tile.series.isEmpty() &&
        tile.kind != m_tile.kind)
        tile.series = models::makeTile(tile.kind).series;
    tile.byFunction = isChart(tile.kind) && function.isEmpty() && m_byFunction->isChecked();
    if (tile.kind == TileKind::Text)
        tile.text = m_text->toPlainText();
    if (tile == m_tile)
        return;
    m_tile = tile;
    showFields();
    Q_EMIT changed(tile);
}

} // namespace gantry::ui

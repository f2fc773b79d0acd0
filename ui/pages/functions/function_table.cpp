#include "ui/pages/functions/function_table.h"

#include "ui/models/functions_filter.h"
#include "ui/models/functions_model.h"
#include "ui/pages/functions/list_delegates.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QDateTime>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QSettings>

namespace gantry::ui {

using models::FunctionsModel;
using widgets::Theme;

namespace {

constexpr int kRowHeight = 36;
constexpr int kMinWidth = 84;
// The name takes what the others leave.
constexpr int kWidths[FunctionsModel::ColumnCount] = {kMinWidth, 96,  84,  108, 88, 172,
                                                      96,        112, 100, 116, 124};
const QString kColumnsKey = QStringLiteral("functions/columns");

QString csvField(QString text)
{
    text.replace(QLatin1Char('"'), QLatin1String("\"\""));
    return QLatin1Char('"') + text + QLatin1Char('"');
}

QString rawText(const QVariant& value)
{
    return value.typeId() == QMetaType::QDateTime ? value.toDateTime().toUTC().toString(Qt::ISODate)
                                                  : value.toString();
}

} // namespace

FunctionTable::FunctionTable(models::FunctionsFilter& filter, QWidget* parent)
    : QTableView(parent), m_filter(filter)
{
    widgets::identify(this, QStringLiteral("functionTable"), tr("Function list"));
    setToolTip({});
    setModel(&filter);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setShowGrid(false);
    setTabKeyNavigation(false);
    setContextMenuPolicy(Qt::CustomContextMenu);
    setWordWrap(false);
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    setItemDelegateForColumn(FunctionsModel::Name, new NameDelegate(this));
    setItemDelegateForColumn(FunctionsModel::State, new StateDelegate(this));
    setItemDelegateForColumn(FunctionsModel::Concurrency, new ConcurrencyDelegate(this));
    setUpHeader();
    connect(&filter, &QAbstractItemModel::modelAboutToBeReset, this,
            [this] { m_keptNames = selectedNames(); });
    connect(&filter, &QAbstractItemModel::modelReset, this, &FunctionTable::keepSelection);
    connect(selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &FunctionTable::selectedChanged);
}

FunctionTable::~FunctionTable()
{
    saveColumns();
}

void FunctionTable::setUpHeader()
{
    verticalHeader()->hide();
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView* header = horizontalHeader();
    header->setSectionsMovable(true);
    header->setHighlightSections(false);
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setMinimumSectionSize(kMinWidth);
    header->setSectionResizeMode(FunctionsModel::Name, QHeaderView::Stretch);
    for (int column = 0; column < FunctionsModel::ColumnCount; ++column)
        header->resizeSection(column, kWidths[column]);
    header->hideSection(FunctionsModel::CodeSize);
    header->hideSection(FunctionsModel::Architecture);
    header->setSortIndicator(FunctionsModel::Name, Qt::AscendingOrder);
    header->restoreState(QSettings().value(kColumnsKey).toByteArray());
    setSortingEnabled(true);
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(header, &QWidget::customContextMenuRequested, this, [this, header](const QPoint& at) {
        auto* menu = new QMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        fillColumnMenu(menu);
        menu->popup(header->mapToGlobal(at));
    });
}

void FunctionTable::fillColumnMenu(QMenu* menu)
{
    menu->clear();
    for (int column = 1; column < FunctionsModel::ColumnCount; ++column) {
        QAction* action = menu->addAction(m_filter.headerData(column, Qt::Horizontal).toString());
        action->setCheckable(true);
        action->setChecked(!isColumnHidden(column));
        connect(action, &QAction::toggled, this, [this, column](bool shown) {
            setColumnHidden(column, !shown);
            saveColumns();
        });
    }
}

void FunctionTable::saveColumns() const
{
    QSettings().setValue(kColumnsKey, horizontalHeader()->saveState());
}

void FunctionTable::keepSelection()
{
    QItemSelection selection;
    for (const QString& name : std::as_const(m_keptNames)) {
        const int row = m_filter.rowOfName(name);
        if (row >= 0)
            selection.select(m_filter.index(row, 0),
                             m_filter.index(row, FunctionsModel::ColumnCount - 1));
    }
    selectionModel()->select(selection, QItemSelectionModel::ClearAndSelect);
    Q_EMIT selectedChanged();
}

QStringList FunctionTable::selectedNames() const
{
    QStringList names;
    const QModelIndexList rows = selectionModel()->selectedRows();
    for (const QModelIndex& row : rows)
        names << m_filter.nameAt(row.row());
    return names;
}

QString FunctionTable::currentName() const
{
    return currentIndex().isValid() ? m_filter.nameAt(currentIndex().row())
                                    : selectedNames().value(0);
}

QByteArray FunctionTable::toCsv() const
{
    const QHeaderView* header = horizontalHeader();
    QByteArray csv;
    for (int row = -1; row < m_filter.rowCount(); ++row) {
        QStringList fields;
        for (int visual = 0; visual < header->count(); ++visual) {
            const int column = header->logicalIndex(visual);
            if (isColumnHidden(column))
                continue;
            fields << csvField(
                row < 0 ? m_filter.headerData(column, Qt::Horizontal).toString()
                        : rawText(m_filter.index(row, column).data(FunctionsModel::RawRole)));
        }
        csv += fields.join(QLatin1Char(',')).toUtf8() + "\r\n";
    }
    return csv;
}

void FunctionTable::paintEvent(QPaintEvent* event)
{
    QTableView::paintEvent(event);
    if (m_filter.rowCount() > 0)
        return;
    QPainter painter(viewport());
    painter.setPen(Theme::current().color(Theme::MutedText));
    painter.drawText(viewport()->rect(), Qt::AlignCenter,
                     tr("No function matches “%1”.").arg(m_filter.filter()));
}

void FunctionTable::keyPressEvent(QKeyEvent* event)
{
    // Enter opens on every platform; the view would only begin to edit.
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) &&
        currentIndex().isValid()) {
        Q_EMIT activated(currentIndex());
        return;
    }
    QTableView::keyPressEvent(event);
}

} // namespace gantry::ui

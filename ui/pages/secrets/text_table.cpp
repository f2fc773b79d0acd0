#include "ui/pages/secrets/text_table.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHeaderView>
#include <QPainter>
#include <QSortFilterProxyModel>

namespace gantry::ui {

using models::TextTableModel;
using widgets::Theme;

namespace {
constexpr int kRowHeight = 32;
} // namespace

TextTable::TextTable(const QString& objectName, const QString& accessibleName,
                     const QStringList& headers, const QList<int>& widths, QWidget* parent)
    : QTableView(parent), m_model(new TextTableModel(headers, this)),
      m_proxy(new QSortFilterProxyModel(this))
{
    widgets::identify(this, objectName, accessibleName);
    setToolTip({});
    m_proxy->setSourceModel(m_model);
    m_proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_proxy->setFilterKeyColumn(-1);
    m_proxy->setSortCaseSensitivity(Qt::CaseInsensitive);
    setModel(m_proxy);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setShowGrid(false);
    setTabKeyNavigation(false);
    setWordWrap(false);
    setSortingEnabled(true);
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView* header = horizontalHeader();
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setHighlightSections(false);
    for (int column = 0; column < widths.size(); ++column)
        header->resizeSection(column, widths[column]);
    header->setStretchLastSection(true);
    header->setSortIndicator(-1, Qt::AscendingOrder);
    connect(selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &TextTable::currentIdChanged);
}

void TextTable::setRows(const QList<TextTableModel::Row>& rows)
{
    const QString id = currentId();
    {
        const QSignalBlocker quiet(this);
        m_model->setRows(rows);
        select(id);
    }
    if (currentId() != id)
        Q_EMIT currentIdChanged();
    viewport()->update();
}

void TextTable::setFilter(const QString& text)
{
    m_proxy->setFilterFixedString(text);
}

void TextTable::setPlaceholder(const QString& text)
{
    m_placeholder = text;
    viewport()->update();
}

QString TextTable::currentId() const
{
    const QModelIndexList rows = selectionModel()->selectedRows();
    return rows.isEmpty() ? QString() : rows.first().data(TextTableModel::IdRole).toString();
}

void TextTable::select(const QString& id)
{
    for (int row = 0; row < m_proxy->rowCount() && !id.isEmpty(); ++row) {
        if (m_proxy->index(row, 0).data(TextTableModel::IdRole).toString() == id) {
            if (currentId() != id)
                selectRow(row);
            return;
        }
    }
    clearSelection();
}

void TextTable::paintEvent(QPaintEvent* event)
{
    QTableView::paintEvent(event);
    if (m_proxy->rowCount() > 0 || m_placeholder.isEmpty())
        return;
    QPainter painter(viewport());
    painter.setPen(Theme::current().color(Theme::MutedText));
    painter.drawText(viewport()->rect().adjusted(Theme::kMargin, 0, -Theme::kMargin, 0),
                     Qt::AlignCenter | Qt::TextWordWrap, m_placeholder);
}

} // namespace gantry::ui

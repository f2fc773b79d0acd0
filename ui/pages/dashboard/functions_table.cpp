#include "ui/pages/dashboard/functions_table.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QSortFilterProxyModel>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using models::FunctionTotalsModel;
using widgets::Theme;

namespace {

constexpr int kRowHeight = 34;
constexpr int kMostRows = 12;
constexpr int kTrendWidth = 180;

// Small bars, the highest of a row as high as the row allows.
class TrendDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        QStyledItemDelegate::paint(painter, option, index);
        const auto values = index.data(FunctionTotalsModel::TrendRole).value<QList<double>>();
        const double highest =
            values.isEmpty() ? 0 : *std::max_element(values.begin(), values.end());
        if (highest <= 0)
            return;
        const QRect area = option.rect.adjusted(12, 7, -12, -7);
        const double step = double(area.width()) / double(values.size());
        for (qsizetype i = 0; i < values.size(); ++i) {
            const int left = area.left() + int(double(i) * step);
            const int right = area.left() + int(double(i + 1) * step) - 1;
            const int height =
                values[i] > 0 ? std::max(1, int(area.height() * values[i] / highest)) : 0;
            painter->fillRect(QRect(left, area.bottom() + 1 - height, right - left, height),
                              Theme::current().series(0));
        }
    }
};

} // namespace

FunctionsTable::FunctionsTable(const models::MetricsWindow& window, Height height, QWidget* parent)
    : QWidget(parent), m_height(height), m_model(window), m_sorted(new QSortFilterProxyModel(this)),
      m_view(new QTableView(this))
{
    m_sorted->setSourceModel(&m_model);
    m_sorted->setSortRole(FunctionTotalsModel::SortRole);
    m_view->setModel(m_sorted);
    m_view->setObjectName(QStringLiteral("dashboardFunctions"));
    m_view->setAccessibleName(tr("Functions in this range"));
    m_view->setProperty("plain", true);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(FunctionTotalsModel::Invocations, Qt::DescendingOrder);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setShowGrid(false);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setDefaultSectionSize(kRowHeight);
    m_view->setItemDelegateForColumn(FunctionTotalsModel::Trend, new TrendDelegate(m_view));
    QHeaderView* header = m_view->horizontalHeader();
    header->setHighlightSections(false);
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setSectionResizeMode(FunctionTotalsModel::Name, QHeaderView::Stretch);
    header->setDefaultSectionSize(116);
    m_view->setColumnWidth(FunctionTotalsModel::Trend, kTrendWidth);
    const auto open = [this](const QModelIndex& index) {
        Q_EMIT opened(m_model.nameAt(m_sorted->mapToSource(index).row()));
    };
    connect(m_view, &QTableView::doubleClicked, this, open);
    connect(m_view, &QTableView::activated, this, open);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kSpace);
    if (height == Height::Fit)
        layout->addWidget(widgets::makeHeading(tr("Functions"), this));
    layout->addWidget(m_view);
    fitHeight();
}

void FunctionsTable::refresh()
{
    m_model.refresh();
    fitHeight();
}

void FunctionsTable::fitHeight()
{
    if (m_height == Height::Fill)
        return;
    const int rows = std::clamp(m_model.rowCount(), 1, kMostRows);
    m_view->setFixedHeight(m_view->horizontalHeader()->sizeHint().height() + rows * kRowHeight + 2);
}

} // namespace gantry::ui

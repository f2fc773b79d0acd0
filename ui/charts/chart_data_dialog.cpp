#include "ui/charts/chart_data_dialog.h"

#include "ui/charts/axis_ticks.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QDialogButtonBox>
#include <QGuiApplication>
#include <QHeaderView>
#include <QPushButton>
#include <QTableView>

namespace gantry::charts {

ChartDataModel::ChartDataModel(Unit unit, ChartData data, QObject* parent)
    : QAbstractTableModel(parent), m_unit(unit), m_data(std::move(data))
{
}

int ChartDataModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_data.bins;
}

int ChartDataModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_data.series.size()) + 1;
}

QVariant ChartDataModel::data(const QModelIndex& index, int role) const
{
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignVCenter | (index.column() == 0 ? Qt::AlignLeft : Qt::AlignRight));
    if (role != Qt::DisplayRole)
        return {};
    const int bin = m_data.bins - 1 - index.row();
    if (index.column() == 0)
        return formatTime(m_data.startMs + bin * m_data.binMs, m_data.binMs);
    const Series& series = m_data.series[std::size_t(index.column() - 1)];
    return formatValue(series.values[std::size_t(bin)], m_unit);
}

QVariant ChartDataModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == 0 ? tr("Time") : m_data.series[std::size_t(section - 1)].name;
}

ChartDataDialog::ChartDataDialog(const QString& title, Unit unit, const ChartData& data,
                                 QWidget* parent)
    : QDialog(parent)
{
    setObjectName(QStringLiteral("chartDataDialog"));
    setWindowTitle(tr("%1: data").arg(title));
    resize(520, 560);

    auto* table = new QTableView(this);
    table->setObjectName(QStringLiteral("chartDataTable"));
    table->setAccessibleName(tr("%1 data").arg(title));
    table->setModel(new ChartDataModel(unit, data, table));
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setShowGrid(false);
    table->setAlternatingRowColors(true);
    table->verticalHeader()->hide();
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    QPushButton* copy = buttons->addButton(tr("&Copy as CSV"), QDialogButtonBox::ActionRole);
    copy->setObjectName(QStringLiteral("chartDataCopy"));
    QPushButton* save = buttons->addButton(tr("&Save CSV…"), QDialogButtonBox::ActionRole);
    save->setObjectName(QStringLiteral("chartDataSave"));
    connect(copy, &QPushButton::clicked, this,
            [csv = QString::fromUtf8(toCsv(data))] { QGuiApplication::clipboard()->setText(csv); });
    connect(save, &QPushButton::clicked, this, &ChartDataDialog::saveRequested);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    auto* layout = new QVBoxLayout(this);
    layout->addWidget(table);
    layout->addWidget(buttons);
}

} // namespace gantry::charts

#include "ui/pages/cost/prices_tab.h"

#include "ui/pages/cost/save_file.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QFile>
#include <QFileDialog>
#include <QHeaderView>
#include <QInputDialog>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QRegularExpression>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using models::PriceFieldsModel;
using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kRowHeight = 30;
constexpr int kListWidth = 430;
constexpr qint64 kMostFile = 4 << 20;

QTableView* makeTable(const QString& name, const QString& title, QAbstractItemModel* model,
                      QWidget* parent)
{
    auto* table = new QTableView(parent);
    widgets::identify(table, name, title);
    table->setModel(model);
    table->setProperty("plain", true);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setShowGrid(false);
    table->setTabKeyNavigation(false);
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    return table;
}

QByteArray renamed(const QByteArray& json, const QString& region)
{
    QJsonObject table = QJsonDocument::fromJson(json).object();
    table[QStringLiteral("region")] = region;
    return QJsonDocument(table).toJson();
}

} // namespace

PricesTab::PricesTab(const Services& services, QWidget* parent)
    : QWidget(parent), m_api(*services.channel),
      m_list({tr("Region"), tr("Prices of"), tr("Whose"), tr("In use")})
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, Theme::kMargin, 0, 0);
    row->setSpacing(Theme::kMargin);
    row->addWidget(makeList(), 0, Qt::AlignTop);
    row->addWidget(makeFields(), 1);
    connect(&m_fields, &PriceFieldsModel::refused, this, &PricesTab::tell);
    connect(&m_fields, &QAbstractItemModel::dataChanged, this, [this] {
        tell({});
        showButtons();
    });
}

QPushButton* PricesTab::addButton(const char* name, const QString& text, const QString& icon,
                                  const QString& toolTip, QWidget* parent)
{
    auto* button = widgets::makeButton(QLatin1String(name), text, ButtonKind::Normal, icon, parent);
    button->setToolTip(toolTip);
    return button;
}

QWidget* PricesTab::makeList()
{
    auto* card = widgets::makeCard(this);
    card->setFixedWidth(kListWidth);
    m_listView = makeTable(QStringLiteral("priceTables"), tr("Price tables"), &m_list, card);
    m_listView->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    const int widths[] = {0, 100, 80, 80};
    for (int column = 1; column < 4; ++column)
        m_listView->setColumnWidth(column, widths[column]);
    m_listView->setMinimumHeight(7 * kRowHeight);
    connect(m_listView->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &PricesTab::showTable);

    m_use = addButton("usePriceTable", tr("Use"), QStringLiteral("check"),
                      tr("Reckon with this table from now on"), card);
    m_duplicate = addButton("duplicatePriceTable", tr("Duplicate"), QStringLiteral("copy"),
                            tr("Make a table of your own from this one"), card);
    m_import = addButton("importPriceTable", tr("Import"), QStringLiteral("folder"),
                         tr("Read a table from a JSON file"), card);
    m_export = addButton("exportPriceTable", tr("Export"), QStringLiteral("export"),
                         tr("Save this table as a JSON file"), card);
    m_remove = addButton("removePriceTable", tr("Delete"), QStringLiteral("trash"), {}, card);
    connect(m_use, &QPushButton::clicked, this, &PricesTab::use);
    connect(m_duplicate, &QPushButton::clicked, this, &PricesTab::duplicate);
    connect(m_import, &QPushButton::clicked, this, &PricesTab::importFile);
    connect(m_export, &QPushButton::clicked, this, &PricesTab::exportFile);
    connect(m_remove, &QPushButton::clicked, this, &PricesTab::remove);
    auto* first = new QHBoxLayout;
    for (QPushButton* button : {m_use, m_duplicate, m_remove})
        first->addWidget(button);
    first->addStretch();
    auto* second = new QHBoxLayout;
    for (QPushButton* button : {m_import, m_export})
        second->addWidget(button);
    second->addStretch();

    m_since = widgets::makeCaption({}, card);
    m_since->setObjectName(QStringLiteral("pricesSince"));
    widgets::cardLayout(card)->addWidget(widgets::makeHeading(tr("Price tables"), card));
    widgets::cardLayout(card)->addWidget(m_listView);
    widgets::cardLayout(card)->addLayout(first);
    widgets::cardLayout(card)->addLayout(second);
    widgets::cardLayout(card)->addWidget(m_since);
    widgets::cardLayout(card)->addWidget(widgets::makeCaption(
        tr("New prices count for what begins from then on. What was charged before stays as it "
           "was; the bill shows the difference to the present prices as an adjustment."),
        card));
    return card;
}

QWidget* PricesTab::makeFields()
{
    auto* card = widgets::makeCard(this);
    m_heading = widgets::makeHeading({}, card);
    m_heading->setObjectName(QStringLiteral("priceTableTitle"));
    m_fieldsView =
        makeTable(QStringLiteral("priceFields"), tr("Prices of the chosen table"), &m_fields, card);
    m_fieldsView->setEditTriggers(QAbstractItemView::DoubleClicked |
                                  QAbstractItemView::EditKeyPressed |
                                  QAbstractItemView::AnyKeyPressed);
    m_fieldsView->horizontalHeader()->setSectionResizeMode(PriceFieldsModel::What,
                                                           QHeaderView::Stretch);
    m_fieldsView->setColumnWidth(PriceFieldsModel::Value, 170);
    m_fieldsView->setColumnWidth(PriceFieldsModel::Unit, 160);
    m_fieldsView->setMinimumHeight(14 * kRowHeight);
    m_problem = new QLabel(card);
    m_problem->setObjectName(QStringLiteral("pricesProblem"));
    m_problem->setWordWrap(true);
    m_problem->setProperty("tone", QStringLiteral("error"));
    m_problem->hide();
    m_save = widgets::makeButton(QStringLiteral("savePriceTable"), tr("Save"), ButtonKind::Primary,
                                 QStringLiteral("save"), card);
    m_save->setToolTip(tr("Keep the changed prices as your own table of this region"));
    m_revert =
        addButton("revertPriceTable", tr("Revert"), {}, tr("Forget what was changed here"), card);
    connect(m_save, &QPushButton::clicked, this, &PricesTab::save);
    connect(m_revert, &QPushButton::clicked, this, &PricesTab::showTable);
    auto* head = new QHBoxLayout;
    head->addWidget(m_heading, 1);
    head->addWidget(m_revert);
    head->addWidget(m_save);
    widgets::cardLayout(card)->addLayout(head);
    widgets::cardLayout(card)->addWidget(m_problem);
    widgets::cardLayout(card)->addWidget(m_fieldsView, 1);
    return card;
}

void PricesTab::load()
{
    if (m_fields.isChanged()) // somebody is editing
        return;
    m_api.list(this, [this](const rpc::Result<rpc::PriceTables>& tables) {
        if (tables)
            show(*tables);
        else
            tell(tables.error().message);
    });
}

void PricesTab::show(const rpc::PriceTables& tables)
{
    const rpc::PriceTableEntry* before = chosen();
    const QString region = before ? before->region : QString();
    m_tables = tables;
    QList<models::TextTableModel::Row> rows;
    int current = 0;
    for (int i = 0; i < m_tables.entries.size(); ++i) {
        const rpc::PriceTableEntry& one = m_tables.entries[i];
        rows.append({one.region,
                     {one.region, one.prices.asOf, one.edited ? tr("yours") : tr("shipped"),
                      one.inUse ? tr("in use") : QString()},
                     one.prices.problem.isEmpty() ? one.source : one.prices.problem});
        if (region.isEmpty() ? one.inUse : one.region == region)
            current = i;
    }
    m_list.setRows(rows);
    m_since->setText(m_tables.since.isValid()
                         ? tr("The table in use counts since %1.")
                               .arg(QLocale().toString(m_tables.since, QLocale::ShortFormat))
                         : tr("The table in use has counted from the beginning."));
    m_listView->selectRow(current);
    const rpc::PriceTableEntry* now = chosen();
    if (now && now->region == m_shown.region && now->json == m_shown.json)
        showButtons(); // a cell may be under edit
    else
        showTable();
}

const rpc::PriceTableEntry* PricesTab::chosen() const
{
    const QModelIndex current = m_listView->currentIndex();
    if (!current.isValid() || current.row() >= m_tables.entries.size())
        return nullptr;
    return &m_tables.entries[current.row()];
}

void PricesTab::showTable()
{
    const rpc::PriceTableEntry* table = chosen();
    m_shown = table ? *table : rpc::PriceTableEntry();
    m_fields.setJson(m_shown.json);
    m_heading->setText(table ? tr("%1: double-click a number to change it").arg(table->region)
                             : QString());
    tell(table ? table->prices.problem : QString());
    showButtons();
}

void PricesTab::showButtons()
{
    const rpc::PriceTableEntry* table = chosen();
    m_use->setEnabled(table && !table->inUse);
    for (QPushButton* button : {m_duplicate, m_export})
        button->setEnabled(table);
    m_remove->setEnabled(table && table->edited && !(table->inUse && !table->shipped));
    m_remove->setText(table && table->shipped ? tr("Reset") : tr("Delete"));
    m_remove->setToolTip(!table || !table->edited ? tr("Only tables of your own can be deleted")
                         : table->shipped         ? tr("Go back to the table that is shipped")
                         : table->inUse           ? tr("Use another table first")
                                                  : tr("Delete this table"));
    m_save->setEnabled(table && m_fields.isChanged());
    m_revert->setEnabled(m_fields.isChanged());
}

rpc::PriceTablesApi::Done PricesTab::taker(const QString& then, const QString& told)
{
    return [this, then, told](const rpc::Result<rpc::PriceTables>& tables) {
        if (!tables)
            return tell(tables.error().message);
        show(*tables);
        const auto row = std::find_if(m_tables.entries.begin(), m_tables.entries.end(),
                                      [&](const auto& one) { return one.region == then; });
        if (row != m_tables.entries.end())
            m_listView->selectRow(int(row - m_tables.entries.begin()));
        Q_EMIT pricesChanged();
        Q_EMIT messageRequested(told, false);
    };
}

void PricesTab::use()
{
    if (const rpc::PriceTableEntry* table = chosen())
        m_api.use(table->region, this,
                  taker(table->region, tr("%1 is in use from now on").arg(table->region)));
}

void PricesTab::duplicate()
{
    const rpc::PriceTableEntry* table = chosen();
    if (!table)
        return;
    auto* dialog = new QInputDialog(this);
    dialog->setObjectName(QStringLiteral("priceTableName"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Duplicate %1").arg(table->region));
    dialog->setLabelText(tr("Region or name of the new table (a to z, 0 to 9 and -)"));
    dialog->setTextValue(table->region + QStringLiteral("-copy"));
    connect(dialog, &QInputDialog::textValueSelected, this,
            [this, json = table->json](const QString& name) {
                const QString region = name.trimmed();
                if (std::any_of(m_tables.entries.begin(), m_tables.entries.end(),
                                [&](const auto& one) { return one.region == region; }))
                    return tell(tr("There is a table %1 already.").arg(region));
                m_api.put(renamed(json, region), this,
                          taker(region, tr("%1 is a table of yours").arg(region)));
            });
    dialog->open();
}

void PricesTab::importFile()
{
    auto* dialog = new QFileDialog(this, tr("Import a price table"));
    dialog->setObjectName(QStringLiteral("importPricesDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setNameFilters({tr("Price tables (*.json)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly))
            return tell(tr("%1 could not be read: %2").arg(path, file.errorString()));
        const QByteArray json = file.read(kMostFile + 1);
        const QString region =
            QJsonDocument::fromJson(json).object()[QStringLiteral("region")].toString();
        m_api.put(json, this, taker(region, tr("%1 was imported").arg(region)));
    });
    dialog->open();
}

void PricesTab::exportFile()
{
    if (const rpc::PriceTableEntry* table = chosen())
        saveFile(
            this, tr("Export a price table"), QStringLiteral("lambda-%1.json").arg(table->region),
            table->json,
            [this](const QString& text, bool isError) { Q_EMIT messageRequested(text, isError); });
}

void PricesTab::remove()
{
    if (const rpc::PriceTableEntry* table = chosen())
        m_api.remove(table->region, this,
                     taker(table->region, table->shipped
                                              ? tr("%1 is as shipped again").arg(table->region)
                                              : tr("%1 was deleted").arg(table->region)));
}

void PricesTab::save()
{
    if (const rpc::PriceTableEntry* table = chosen(); table && m_fields.isChanged())
        m_api.put(m_fields.json(), this,
                  taker(table->region, table->inUse ? tr("The new prices count from now on")
                                                    : tr("%1 is saved").arg(table->region)));
}

void PricesTab::tell(const QString& problem)
{
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
}

} // namespace gantry::ui

#include "ui/pages/tuning/tuning_page.h"

#include "ui/models/format.h"
#include "ui/models/functions_model.h"
#include "ui/models/tuning_session.h"
#include "ui/pages/tuning/tuning_charts.h"
#include "ui/pages/tuning/tuning_form.h"
#include "ui/pages/tuning/tuning_result.h"
#include "ui/rpc/platform_api.h"
#include "ui/rpc/tuning_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QInputDialog>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QSaveFile>
#include <QTableWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using rpc::TuningRun;
using rpc::TuningState;
using widgets::Theme;

namespace {

constexpr int kFormWidth = 300;
constexpr int kHistoryHeight = 120;
enum Column { When, Function, Pick, Sure, Calls, Spent, State, ColumnCount };

QString stateText(const TuningRun& run)
{
    QString text;
    switch (run.state) {
    case TuningState::Running:
        text = TuningPage::tr("running");
        break;
    case TuningState::Sure:
        text = TuningPage::tr("sure");
        break;
    case TuningState::Budget:
        text = TuningPage::tr("budget used up");
        break;
    case TuningState::Stopped:
        text = TuningPage::tr("stopped");
        break;
    case TuningState::Failed:
        text = TuningPage::tr("failed");
        break;
    case TuningState::Imported:
        text = TuningPage::tr("imported");
        break;
    }
    if (run.application.appliedAt.isValid() && !run.application.undone)
        text += TuningPage::tr(", applied");
    if (run.codeChanged)
        text += TuningPage::tr(", code changed since");
    return text;
}

} // namespace

Page* makeTuningPage(const Services& services, QWidget* parent)
{
    return new TuningPage(services, parent);
}

TuningPage::TuningPage(const Services& services, QWidget* parent)
    : Page(parent), m_services(services),
      m_api(std::make_unique<rpc::TuningApi>(*services.channel)),
      m_session(new models::TuningSession(*m_api, this)), m_form(new TuningForm),
      m_result(new TuningResult(*m_session)), m_charts(new TuningCharts)
{
    setObjectName(QStringLiteral("tuningPage"));
    m_form->setFixedWidth(kFormWidth);
    auto* card = widgets::makeCard();
    widgets::cardLayout(card)->addWidget(m_charts);
    m_reminder = new QLabel;
    m_reminder->setObjectName(QStringLiteral("tuningReminder"));
    m_reminder->setWordWrap(true);
    m_reminder->setProperty("tone", QStringLiteral("warning"));
    m_reminder->hide();
    auto* right = new QVBoxLayout;
    right->setSpacing(Theme::kMargin);
    right->addWidget(m_reminder);
    right->addWidget(m_result);
    right->addWidget(card, 1);
    right->addWidget(makeHistory());
    auto* columns = new QHBoxLayout;
    columns->setSpacing(Theme::kPageMargin);
    columns->addWidget(m_form);
    columns->addLayout(right, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    layout->setSpacing(Theme::kMargin);
    layout->addWidget(makeHeader());
    layout->addLayout(columns, 1);

    connect(m_form, &TuningForm::startRequested, this, &TuningPage::start);
    connect(m_form, &TuningForm::stopRequested, m_session, &models::TuningSession::stop);
    connect(m_charts, &TuningCharts::chosen, m_session, &models::TuningSession::choose);
    connect(m_session, &models::TuningSession::changed, this, &TuningPage::showRun);
    connect(m_session, &models::TuningSession::historyChanged, this, &TuningPage::showHistory);
    connect(m_session, &models::TuningSession::failed, this,
            [this](const QString& text) { Q_EMIT messageRequested(text, true); });
    connect(m_session, &models::TuningSession::happened, this,
            [this](const QString& text) { Q_EMIT messageRequested(text, false); });
    connect(m_session, &models::TuningSession::exported, this, &TuningPage::save);
    connect(m_services.functions, &QAbstractItemModel::rowsInserted, this, &TuningPage::fillFunctions);
    connect(m_services.functions, &QAbstractItemModel::rowsRemoved, this, &TuningPage::fillFunctions);
    connect(m_services.functions, &QAbstractItemModel::modelReset, this, &TuningPage::fillFunctions);
    fillFunctions();
    showRun();
}

TuningPage::~TuningPage() = default;

QWidget* TuningPage::makeHeader()
{
    m_function = new QComboBox;
    widgets::identify(m_function, QStringLiteral("tuningFunction"), tr("Function to tune"));
    m_function->setMinimumWidth(240);
    connect(m_function, &QComboBox::activated, this,
            [this] { chooseFunction(m_function->currentText()); });
    m_more = widgets::makeIconButton(QStringLiteral("tuningFiles"), QStringLiteral("more"),
                                     tr("Open and export results"));
    auto* menu = new QMenu(m_more);
    const auto add = [&](const char* name, const QString& text, auto slot) {
        QAction* action = menu->addAction(text);
        action->setObjectName(QLatin1String(name));
        connect(action, &QAction::triggered, this, slot);
        return action;
    };
    add("tuningOpenFile", tr("Open a result of AWS Lambda Power Tuning…"), [this] { openFile(); });
    add("tuningOpenLink", tr("Open a visualisation link…"), [this] { openText(); });
    menu->addSeparator();
    QAction* json = add("tuningExportJson", tr("Export as that tool's result…"),
                        [this] { m_session->exportRun(false); });
    QAction* link = add("tuningExportLink", tr("Copy as visualisation link"),
                        [this] { m_session->exportRun(true); });
    connect(menu, &QMenu::aboutToShow, this, [this, json, link] {
        const bool any = m_session->run() && !m_session->run()->estimates.isEmpty();
        json->setEnabled(any);
        link->setEnabled(any);
    });
    m_more->setMenu(menu);
    m_more->setPopupMode(QToolButton::InstantPopup);
    auto* header = new widgets::SectionHeader(title(), widgets::SectionHeader::Level::Page);
    header->setSubtitle(tr("The best memory size, found with few calls in fresh environments; the "
                           "function itself stays as it is until you apply a size"));
    header->addControl(m_function);
    header->addControl(m_more);
    return header;
}

QWidget* TuningPage::makeHistory()
{
    m_history = new QTableWidget(0, ColumnCount);
    widgets::identify(m_history, QStringLiteral("tuningHistory"), tr("Earlier runs"), QStringLiteral(" "));
    m_history->setToolTip({});
    m_history->setHorizontalHeaderLabels({tr("When"), tr("Function"), tr("Pick"), tr("How sure"),
                                          tr("Calls"), tr("Spent"), tr("State")});
    m_history->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_history->setSelectionMode(QAbstractItemView::SingleSelection);
    m_history->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_history->verticalHeader()->hide();
    m_history->setShowGrid(false);
    m_history->setTabKeyNavigation(false);
    QHeaderView* columns = m_history->horizontalHeader();
    columns->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    columns->setHighlightSections(false);
    columns->setStretchLastSection(true);
    for (const Column column : {Sure, Calls, Spent})
        m_history->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    const std::pair<Column, int> widths[] = {{When, 190}, {Function, 180}, {Pick, 90},
                                             {Sure, 90},  {Calls, 80},     {Spent, 120}};
    for (const auto& [column, width] : widths)
        m_history->setColumnWidth(column, width);
    connect(m_history, &QTableWidget::cellDoubleClicked, this,
            [this] { m_session->open(selectedRun()); });
    auto* open = widgets::makeButton(QStringLiteral("tuningOpenRun"), tr("Open"));
    auto* compare = widgets::makeButton(QStringLiteral("tuningCompare"), tr("Compare"));
    auto* remove = widgets::makeButton(QStringLiteral("tuningRemove"), tr("Delete"));
    open->setAccessibleName(tr("Open the selected run"));
    compare->setAccessibleName(tr("Compare with the selected run"));
    compare->setCheckable(true);
    compare->setToolTip(tr("Lays the selected run over the charts"));
    remove->setAccessibleName(tr("Delete the selected run"));
    connect(open, &QPushButton::clicked, this, [this] { m_session->open(selectedRun()); });
    connect(compare, &QPushButton::toggled, this,
            [this](bool on) { m_session->compare(on ? selectedRun() : QString()); });
    connect(remove, &QPushButton::clicked, this, [this] { m_session->remove(selectedRun()); });
    const auto enable = [this, open, compare, remove] {
        const bool any = !selectedRun().isEmpty();
        open->setEnabled(any && !m_session->isRunning());
        compare->setEnabled(any || compare->isChecked());
        remove->setEnabled(any && !m_session->isRunning());
        if (compare->isChecked() && any)
            m_session->compare(selectedRun());
    };
    connect(m_history, &QTableWidget::itemSelectionChanged, this, enable);
    connect(m_session, &models::TuningSession::historyChanged, this, enable);
    enable();
    auto* header = new widgets::SectionHeader(tr("Earlier runs"));
    header->addControl(open);
    header->addControl(compare);
    header->addControl(remove);
    auto* box = new QWidget;
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(header);
    column->addWidget(m_history);
    m_history->setFixedHeight(kHistoryHeight);
    return box;
}

void TuningPage::show(const QString& subRoute)
{
    if (subRoute.isEmpty())
        return;
    m_wanted = subRoute;
    fillFunctions();
}

void TuningPage::activated()
{
    m_session->refreshHistory();
    m_services.platformApi->getPrices(this, [this](const rpc::Result<rpc::PriceTable>& prices) {
        if (prices)
            m_charts->setPrices(*prices);
    });
}

void TuningPage::fillFunctions()
{
    QStringList names;
    for (int row = 0; row < m_services.functions->rowCount(); ++row)
        names.append(m_services.functions->index(row, models::FunctionsModel::Name).data().toString());
    names.sort(Qt::CaseInsensitive);
    const QString before = m_wanted.isEmpty() ? m_session->function() : m_wanted;
    m_function->clear();
    m_function->addItems(names);
    const int at = m_function->findText(before);
    if (at >= 0)
        m_wanted.clear();
    m_function->setCurrentIndex(std::max(at, 0));
    m_form->setUsable(!names.isEmpty());
    if (!names.isEmpty() && (at >= 0 || m_session->function().isEmpty()))
        chooseFunction(m_function->currentText());
}

void TuningPage::chooseFunction(const QString& name)
{
    if (m_session->isRunning() && name != m_session->function()) {
        m_function->setCurrentIndex(m_function->findText(m_session->function()));
        return Q_EMIT messageRequested(tr("Stop the tuning of %1 first.").arg(m_session->function()),
                                       true);
    }
    if (name == m_session->function())
        return;
    m_session->setFunction(name);
    Q_EMIT routeChanged(name);
}

void TuningPage::start()
{
    if (const auto options = m_form->options())
        m_session->start(*options);
}

void TuningPage::showRun()
{
    m_form->setRunning(m_session->isRunning(), m_session->isStopping());
    showReminder();
    m_result->showRun();
    m_charts->show(m_session->run(), m_session->compared(), m_session->chosen());
}

QString TuningPage::selectedRun() const
{
    const int row = m_history->currentRow();
    const QTableWidgetItem* item =
        row >= 0 && !m_history->selectedItems().isEmpty() ? m_history->item(row, When) : nullptr;
    return item ? item->data(Qt::UserRole).toString() : QString();
}

// Of the newest run that measured: what it found may be past.
void TuningPage::showReminder()
{
    const QList<TuningRun>& runs = m_session->history();
    const auto newest = std::find_if(runs.begin(), runs.end(), [](const TuningRun& run) {
        return run.state != TuningState::Imported;
    });
    const bool past = newest != runs.end() && newest->codeChanged && !m_session->isRunning();
    m_reminder->setVisible(past);
    if (past)
        m_reminder->setText(
            tr("The code of %1 has changed since it was tuned on %2: tune again.")
                .arg(newest->functionName,
                     QLocale().toString(newest->startedAt, QLocale::ShortFormat)));
}

void TuningPage::showHistory()
{
    showReminder();
    const QString selected = selectedRun();
    m_history->setRowCount(0);
    for (const TuningRun& run : m_session->history()) {
        const int row = m_history->rowCount();
        m_history->insertRow(row);
        const auto set = [&](Column column, const QString& text) {
            auto* item = new QTableWidgetItem(text);
            if (column == Calls || column == Spent || column == Sure)
                item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
            m_history->setItem(row, column, item);
        };
        const bool picked = run.pick.index >= 0;
        const bool measured = run.state != TuningState::Imported;
        set(When, QLocale().toString(run.startedAt, QLocale::ShortFormat));
        set(Function, run.functionName);
        set(Pick, picked ? models::formatMemory(run.estimates[run.pick.index].memoryMb)
                         : QStringLiteral("–"));
        set(Sure, picked && measured ? models::surenessText(run.pick.sure)
                                     : QStringLiteral("–"));
        set(Calls, measured ? models::formatCount(run.calls) : QStringLiteral("–"));
        set(Spent, measured ? models::formatUsd(run.spentUsd) : QStringLiteral("–"));
        set(State, stateText(run));
        m_history->item(row, When)->setData(Qt::UserRole, run.id);
        if (run.id == selected)
            m_history->selectRow(row);
    }
}

void TuningPage::openFile()
{
    auto* dialog = new QFileDialog(this, tr("Open a result of AWS Lambda Power Tuning"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setNameFilters({tr("Results (*.json)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly))
            return Q_EMIT messageRequested(
                tr("%1 cannot be read: %2").arg(path, file.errorString()), true);
        m_session->importText(QString::fromUtf8(file.readAll()));
    });
    dialog->open();
}

void TuningPage::openText()
{
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Open a visualisation link"));
    dialog->setLabelText(tr("The link, with what stands after its #:"));
    connect(dialog, &QInputDialog::textValueSelected, m_session, &models::TuningSession::importText);
    dialog->open();
}

void TuningPage::save(const QString& text, bool asLink)
{
    if (asLink) {
        QGuiApplication::clipboard()->setText(text);
        return Q_EMIT messageRequested(tr("The link is in the clipboard."), false);
    }
    auto* dialog = new QFileDialog(this, tr("Export the run"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("json"));
    connect(dialog, &QFileDialog::fileSelected, this, [this, text](const QString& path) {
        QSaveFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(text.toUtf8()) < 0 || !file.commit())
            Q_EMIT messageRequested(tr("%1 cannot be written: %2").arg(path, file.errorString()),
                                    true);
    });
    dialog->open();
}

} // namespace gantry::ui

#include "ui/pages/concurrency/concurrency_page.h"

#include "ui/models/format.h"
#include "ui/models/functions_model.h"
#include "ui/pages/concurrency/concurrency_bar.h"
#include "ui/pages/concurrency/concurrency_editor.h"
#include "ui/pages/concurrency/environment_grid.h"
#include "ui/pages/concurrency/scaling_card.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QStackedLayout>
#include <QTableWidget>

#include <algorithm>

namespace gantry::ui {

using models::ConcurrencyBoard;
using widgets::Theme;

namespace {

constexpr int kContentWidth = 1120;
constexpr int kRowHeight = 32;
constexpr int kMostRows = 8;

enum Column { Name, Running, Environments, Reserved, Provisioned, ColumnCount };

QString provisionedText(const rpc::FunctionConcurrency& function)
{
    QStringList parts;
    for (const rpc::ProvisionedConcurrency& config : function.provisioned) {
        const QString state = config.status == QLatin1String("FAILED")
                                  ? ConcurrencyPage::tr("failed")
                                  : ConcurrencyPage::tr("%1 of %2 ready")
                                        .arg(config.allocated)
                                        .arg(config.requested);
        parts << QStringLiteral("%1: %2").arg(config.qualifier, state);
    }
    return parts.join(QStringLiteral(", "));
}

} // namespace

Page* makeConcurrencyPage(const Services& services, QWidget* parent)
{
    return new ConcurrencyPage(services, parent);
}

ConcurrencyPage::ConcurrencyPage(const Services& services, QWidget* parent)
    : Page(parent), m_services(services), m_board(*services.channel, this)
{
    setObjectName(QStringLiteral("concurrencyPage"));
    auto* unavailable = new widgets::EmptyState(this);
    unavailable->setIcon(QStringLiteral("power"));
    unavailable->setTitle(tr("The platform is not running"));
    unavailable->setText(tr("Its concurrency and its environments are shown while it does."));
    connect(unavailable->addAction(QStringLiteral("startPlatformHere"), tr("Start the platform"),
                                   QStringLiteral("play")),
            &QPushButton::clicked, this, &Page::restartDaemonRequested);
    m_stack = new QStackedLayout(this);
    m_stack->addWidget(unavailable);
    m_stack->addWidget(makeContent());
    connect(&m_board, &ConcurrencyBoard::updated, this, &ConcurrencyPage::showFrame);
    connect(&m_board, &ConcurrencyBoard::liveChanged, this, [this](bool live) {
        m_stack->setCurrentIndex(live ? 1 : 0);
        if (live)
            m_scaling->load();
    });
    connect(&m_board, &ConcurrencyBoard::done, this,
            [this](const QString& what) { Q_EMIT messageRequested(what, false); });
    connect(&m_board, &ConcurrencyBoard::failed, this,
            [this](const QString& why) { Q_EMIT messageRequested(why, true); });
}

QWidget* ConcurrencyPage::makeContent()
{
    auto* header =
        new widgets::SectionHeader(tr("Concurrency and scaling"), widgets::SectionHeader::Level::Page);
    header->setSubtitle(tr("Who may run how much at once, and what runs now"));
    auto* content = new QWidget;
    content->setMaximumWidth(kContentWidth);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kMargin);
    column->addWidget(header);
    column->addWidget(makeShares());
    column->addWidget(makeEnvironments());
    m_scaling = new ScalingCard(*m_services.channel);
    connect(m_scaling, &ScalingCard::messageRequested, this, &Page::messageRequested);
    column->addWidget(m_scaling);
    column->addStretch();
    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    scroll->setWidget(content);
    return scroll;
}

QWidget* ConcurrencyPage::makeShares()
{
    m_bar = new ConcurrencyBar;
    connect(m_bar, &ConcurrencyBar::reserveRequested, this,
            [this](const QString& name, int size) { m_board.reserve(name, size); });

    m_table = new QTableWidget(0, ColumnCount);
    widgets::identify(m_table, QStringLiteral("concurrencyTable"), tr("Concurrency by function"),
                      tr("Choose a function to change what it reserves"));
    m_table->setHorizontalHeaderLabels(
        {tr("Function"), tr("Running"), tr("Environments"), tr("Reserved"), tr("Provisioned")});
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setProperty("plain", true);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setDefaultSectionSize(128);
    m_table->horizontalHeader()->setSectionResizeMode(Name, QHeaderView::Stretch);
    m_table->horizontalHeader()->setSectionResizeMode(Provisioned, QHeaderView::Stretch);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    connect(m_table, &QTableWidget::itemSelectionChanged, this, [this] {
        if (const auto* item = m_table->item(m_table->currentRow(), Name))
            m_function->setCurrentText(item->text());
    });

    m_function = new QComboBox;
    widgets::identify(m_function, QStringLiteral("concurrencyFunction"), tr("Function to change"));
    m_function->setMinimumWidth(240);
    m_editor = new ConcurrencyEditor(m_board, *m_services.functionsApi);
    connect(m_function, &QComboBox::currentTextChanged, m_editor, &ConcurrencyEditor::setFunction);

    QFrame* card = widgets::makeCard();
    QVBoxLayout* column = widgets::cardLayout(card);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Shares of the account"), card));
    column->addWidget(m_bar);
    column->addWidget(m_table);
    auto* choice = new QHBoxLayout;
    choice->setSpacing(Theme::kSpace);
    auto* label = new QLabel(tr("Function"));
    label->setMinimumWidth(96);
    choice->addWidget(label);
    choice->addWidget(m_function);
    choice->addStretch(1);
    column->addSpacing(Theme::kSpace);
    column->addLayout(choice);
    column->addWidget(m_editor);
    return card;
}

QWidget* ConcurrencyPage::makeLegend()
{
    auto* legend = new QWidget;
    auto* row = new QHBoxLayout(legend);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    const std::pair<QString, widgets::Badge::Tone> entries[] = {
        {tr("busy"), widgets::Badge::Tone::Success},
        {tr("idle"), widgets::Badge::Tone::Info},
        {tr("starting"), widgets::Badge::Tone::Warning},
    };
    for (const auto& [text, tone] : entries) {
        auto* dot = new QLabel;
        dot->setPixmap(widgets::toneDot(tone, 12, devicePixelRatioF()));
        row->addWidget(dot);
        row->addWidget(widgets::makeCaption(text));
        row->addSpacing(Theme::kSpace);
    }
    row->addWidget(widgets::makeCaption(tr("with a hole: provisioned")));
    row->addStretch(1);
    return legend;
}

QWidget* ConcurrencyPage::makeEnvironments()
{
    m_grid = new EnvironmentGrid;
    m_summary = widgets::makeCaption({});
    m_chosen = widgets::makeCaption({});
    m_chosen->setObjectName(QStringLiteral("chosenEnvironment"));
    m_end = widgets::makeButton(QStringLiteral("endEnvironment"), tr("End environment"),
                                widgets::ButtonKind::Danger);
    m_end->setToolTip(tr("End the chosen environment; what runs in it fails (Delete)"));
    const auto end = [this] {
        if (const rpc::LiveEnvironment* environment = m_grid->chosen())
            m_board.endEnvironment(environment->id);
    };
    connect(m_end, &QPushButton::clicked, this, end);
    connect(m_grid, &EnvironmentGrid::endRequested, this, end);
    connect(m_grid, &EnvironmentGrid::chosenChanged, this, &ConcurrencyPage::showChosen);

    QFrame* card = widgets::makeCard();
    QVBoxLayout* column = widgets::cardLayout(card);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Environments"), card));
    column->addWidget(m_summary);
    column->addWidget(makeLegend());
    column->addWidget(m_grid);
    auto* row = new QHBoxLayout;
    row->addWidget(m_chosen, 1);
    row->addWidget(m_end);
    column->addLayout(row);
    showChosen();
    return card;
}

void ConcurrencyPage::show(const QString& subRoute)
{
    offerFunctions();
    if (!subRoute.isEmpty())
        m_function->setCurrentText(subRoute);
}

void ConcurrencyPage::activated()
{
    m_stack->setCurrentIndex(m_board.isLive() ? 1 : 0);
    offerFunctions();
    m_scaling->load();
    m_board.start();
}

void ConcurrencyPage::deactivated()
{
    m_board.stop();
}

void ConcurrencyPage::offerFunctions()
{
    const QStringList names = m_services.functions ? m_services.functions->names() : QStringList();
    if (m_function->count() == names.size())
        return;
    const QString current = m_function->currentText();
    {
        const QSignalBlocker blocker(m_function);
        m_function->clear();
        m_function->addItems(names);
        if (names.contains(current))
            m_function->setCurrentText(current);
    }
    m_editor->setFunction(m_function->currentText());
}

void ConcurrencyPage::showFrame()
{
    offerFunctions();
    m_bar->setFrame(m_board.frame());
    m_grid->setEnvironments(m_board.frame().environments);
    showTable();
    const auto& environments = m_board.frame().environments;
    const auto count = [&](rpc::LiveEnvironment::State state) {
        return std::count_if(environments.cbegin(), environments.cend(),
                             [state](const auto& e) { return e.state == state; });
    };
    using State = rpc::LiveEnvironment::State;
    m_summary->setText(environments.isEmpty()
                           ? tr("None: the first call of a function starts one.")
                           : tr("%1 live: %2 busy, %3 idle, %4 starting")
                                 .arg(models::formatCount(m_board.frame().environmentsTotal))
                                 .arg(count(State::Busy))
                                 .arg(count(State::Idle))
                                 .arg(count(State::Starting)));
}

void ConcurrencyPage::showTable()
{
    const QList<rpc::FunctionConcurrency>& functions = m_board.frame().functions;
    const QSignalBlocker blocker(m_table);
    m_table->setRowCount(int(functions.size()));
    for (int row = 0; row < functions.size(); ++row) {
        const rpc::FunctionConcurrency& function = functions[row];
        const QString texts[ColumnCount] = {
            function.name, models::formatCount(function.running),
            models::formatCount(function.environments),
            function.reserved ? models::formatCount(*function.reserved) : tr("—"),
            function.provisioned.isEmpty() ? tr("—") : provisionedText(function)};
        for (int column = 0; column < ColumnCount; ++column) {
            if (!m_table->item(row, column))
                m_table->setItem(row, column, new QTableWidgetItem);
            if (m_table->item(row, column)->text() != texts[column])
                m_table->item(row, column)->setText(texts[column]);
        }
    }
    m_table->setVisible(!functions.isEmpty());
    const int rows = std::clamp(int(functions.size()), 1, kMostRows);
    m_table->setFixedHeight(m_table->horizontalHeader()->sizeHint().height() + rows * kRowHeight +
                            2);
}

void ConcurrencyPage::showChosen()
{
    const rpc::LiveEnvironment* environment = m_grid->chosen();
    m_chosen->setText(environment ? EnvironmentGrid::describe(*environment)
                                  : tr("Hover a cell to see what it is; choose one to end it."));
    m_end->setEnabled(environment &&
                      environment->state != rpc::LiveEnvironment::State::Starting);
}

} // namespace gantry::ui

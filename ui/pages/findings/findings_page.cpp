#include "ui/pages/findings/findings_page.h"

#include "ui/pages/findings/finding_detail.h"
#include "ui/pages/findings/finding_tone.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QDateTime>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedLayout>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>

#include <utility>

namespace gantry::ui {

using models::FindingsModel;
using widgets::Badge;
using widgets::Theme;

namespace {

constexpr int kRowHeight = 34;
constexpr int kRulesWidth = 760;

class SeverityDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        QStyleOptionViewItem bare = option;
        initStyleOption(&bare, index);
        bare.text.clear();
        option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &bare, painter, option.widget);
        const auto severity = rpc::FindingSeverity(index.data(FindingsModel::SeverityRole).toInt());
        Badge::paint(painter, option.rect.adjusted(8, 0, -8, 0), index.data().toString(),
                     toneOf(severity));
    }
};

} // namespace

Page* makeFindingsPage(const Services& services, QWidget* parent)
{
    return new FindingsPage(services, parent);
}

FindingsPage::FindingsPage(const Services& services, QWidget* parent)
    : Page(parent), m_watch(*services.channel)
{
    setObjectName(QStringLiteral("findingsPage"));
    makeHeader();
    makeTable();
    auto* stacked = new QWidget;
    m_stack = new QStackedLayout(stacked);
    m_stack->addWidget(makeEmpty());
    m_stack->addWidget(makeContent());
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kMargin);
    column->addWidget(m_header);
    column->addWidget(stacked, 1);
    connect(&m_watch, &models::FindingsWatch::changed, this, &FindingsPage::take);
    connect(m_which, &QComboBox::currentIndexChanged, this, &FindingsPage::take);
    take();
}

void FindingsPage::makeHeader()
{
    m_header = new widgets::SectionHeader(tr("Findings"), widgets::SectionHeader::Level::Page, this);
    m_which = new QComboBox(this);
    widgets::identify(m_which, QStringLiteral("findingsWhich"), tr("Which findings are listed"));
    m_which->addItem(tr("Open"), true);
    m_which->addItem(tr("Dismissed or over"), false);
    auto* look = widgets::makeButton(QStringLiteral("lookForFindings"), tr("Look now"),
                                     widgets::ButtonKind::Normal, QStringLiteral("refresh"), this);
    look->setToolTip(tr("Look for findings now; the platform does once a minute"));
    connect(look, &QPushButton::clicked, this, [this] { m_watch.refresh(true); });
    m_header->addControl(m_which);
    m_header->addControl(look);
}

QWidget* FindingsPage::makeEmpty()
{
    m_empty = new widgets::EmptyState;
    m_empty->setIcon(QStringLiteral("check-circle"));
    m_rules = new QLabel;
    m_rules->setObjectName(QStringLiteral("findingRules"));
    m_rules->setTextFormat(Qt::RichText);
    m_rules->setWordWrap(true);
    m_rules->setFixedWidth(kRulesWidth);
    m_empty->setFooter(m_rules);
    auto* scroll = new QScrollArea;
    scroll->setObjectName(QStringLiteral("findingsEmptyScroll"));
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(m_empty);
    return scroll;
}

void FindingsPage::makeTable()
{
    m_table = new QTableView;
    widgets::identify(m_table, QStringLiteral("findingsTable"), tr("List of findings"));
    m_table->setModel(&m_model);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setTabKeyNavigation(false);
    m_table->setItemDelegateForColumn(FindingsModel::Severity, new SeverityDelegate(m_table));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView* header = m_table->horizontalHeader();
    header->setHighlightSections(false);
    static constexpr int kWidths[FindingsModel::ColumnCount] = {84, 190, 140, 120, 80};
    for (int column = 0; column < FindingsModel::ColumnCount; ++column)
        header->resizeSection(column, kWidths[column]);
    header->setStretchLastSection(true);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &FindingsPage::openCurrent);
    connect(m_table, &QTableView::clicked, this, &FindingsPage::openCurrent);
}

QWidget* FindingsPage::makeContent()
{
    m_detail = new FindingDetail;
    m_detail->setMinimumWidth(420);
    m_detail->hide();
    connect(m_detail, &FindingDetail::closeRequested, m_detail, &QWidget::hide);
    connect(m_detail, &FindingDetail::openRequested, this, &Page::openRequested);
    connect(m_detail, &FindingDetail::dismissRequested, this, [this](const QString& id, qint64 untilMs) {
        m_watch.api().dismiss(id, untilMs, this, [this](const auto& done) { answered(done); });
    });
    connect(m_detail, &FindingDetail::restoreRequested, this, [this](const QString& id) {
        m_watch.api().restore(id, this, [this](const auto& done) { answered(done); });
    });
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->setObjectName(QStringLiteral("findingsSplitter"));
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_table);
    splitter->addWidget(m_detail);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setSizes({720, 600});
    return splitter;
}

void FindingsPage::show(const QString& subRoute)
{
    m_wanted = subRoute;
    take();
}

void FindingsPage::activated()
{
    m_watch.refresh();
}

bool FindingsPage::showsOpen() const
{
    return m_which->currentData().toBool();
}

void FindingsPage::take()
{
    m_model.take(m_watch.all().findings, showsOpen());
    fillRules();
    describe();
    m_stack->setCurrentIndex(m_model.rowCount() > 0 ? 1 : 0);
    if (!m_wanted.isEmpty() && m_model.rowOf(m_wanted) >= 0)
        m_table->selectRow(m_model.rowOf(std::exchange(m_wanted, {})));
    // The detail follows its finding; one that is no longer listed closes.
    const int row = m_detail->isHidden() ? -1 : m_model.rowOf(m_detail->id());
    if (row >= 0)
        open(row);
    else
        m_detail->hide();
}

void FindingsPage::describe()
{
    const rpc::HealthFindings& all = m_watch.all();
    m_empty->setTitle(!m_watch.isLoaded() ? tr("Looking for findings…")
                      : showsOpen()       ? tr("Nothing found")
                                          : tr("No finding was dismissed or is over"));
    m_empty->setText(tr("The platform watches the metrics and the records of every function, once a "
                        "minute. It will tell here, with the numbers, when:"));
    if (!m_watch.problem().isEmpty())
        m_header->setSubtitle(m_watch.problem());
    else if (all.evaluatedMs > 0)
        m_header->setSubtitle(
            tr("Last looked at %1")
                .arg(QLocale().toString(QDateTime::fromMSecsSinceEpoch(all.evaluatedMs),
                                        QStringLiteral("HH:mm:ss"))));
}

void FindingsPage::fillRules()
{
    QString text;
    for (const rpc::FindingRule& rule : m_watch.all().rules)
        text += QStringLiteral("<p style='margin: 6px 0'><b>%1</b><br>%2</p>")
                    .arg(rule.title.toHtmlEscaped(), rule.threshold.toHtmlEscaped());
    m_rules->setText(text);
}

void FindingsPage::openCurrent()
{
    const int row = m_table->currentIndex().row();
    if (row < 0)
        return;
    open(row);
    Q_EMIT routeChanged(m_model.at(row).id);
}

void FindingsPage::open(int row)
{
    const rpc::HealthFinding& finding = m_model.at(row);
    m_detail->setFinding(finding, ruleOf(finding.rule));
    m_detail->show();
}

QString FindingsPage::ruleOf(const QString& id) const
{
    for (const rpc::FindingRule& rule : m_watch.all().rules) {
        if (rule.id == id)
            return rule.threshold;
    }
    return {};
}

void FindingsPage::answered(const rpc::Result<rpc::Nothing>& done)
{
    if (!done)
        Q_EMIT messageRequested(done.error().message, true);
    m_watch.refresh();
    Q_EMIT routeChanged({}); // the shell counts anew
}

} // namespace gantry::ui

#include "ui/pages/cost/budgets_tab.h"

#include "ui/models/functions_model.h"
#include "ui/rpc/cost_api.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QSpinBox>
#include <QStackedLayout>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>

namespace gantry::ui {

using models::BudgetsModel;
using widgets::Badge;
using widgets::Theme;

namespace {

constexpr int kRowHeight = 34;
constexpr int kFormWidth = 340;

class StateDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        QStyleOptionViewItem blank = option;
        initStyleOption(&blank, index);
        const QString text = blank.text;
        blank.text.clear();
        blank.widget->style()->drawControl(QStyle::CE_ItemViewItem, &blank, painter, blank.widget);
        Badge::paint(painter, option.rect.adjusted(12, 0, 0, 0), text,
                     index.data(BudgetsModel::AlarmRole).toBool() ? Badge::Tone::Error
                                                                  : Badge::Tone::Success);
    }
};

} // namespace

BudgetsTab::BudgetsTab(const Services& services, QWidget* parent)
    : QWidget(parent), m_services(services), m_model(*services.budgets)
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, Theme::kMargin, 0, 0);
    row->setSpacing(Theme::kMargin);
    row->addWidget(makeList(), 1);
    row->addWidget(makeForm(), 0, Qt::AlignTop);
}

QWidget* BudgetsTab::makeList()
{
    auto* card = widgets::makeCard(this);
    m_table = new QTableView(card);
    widgets::identify(m_table, QStringLiteral("budgets"), tr("Budgets"));
    m_table->setModel(&m_model);
    m_table->setItemDelegateForColumn(BudgetsModel::State, new StateDelegate(m_table));
    m_table->setProperty("plain", true);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    m_table->setMinimumHeight(6 * kRowHeight);
    QHeaderView* header = m_table->horizontalHeader();
    header->setHighlightSections(false);
    header->setDefaultSectionSize(140);
    header->setSectionResizeMode(BudgetsModel::Name, QHeaderView::Stretch);
    m_table->setColumnWidth(BudgetsModel::State, 96);
    header->setMinimumSectionSize(90);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] {
        m_remove->setEnabled(currentRow() >= 0);
        if (currentRow() >= 0)
            showBudget(m_model.at(currentRow()));
    });
    m_remove = widgets::makeButton(QStringLiteral("deleteBudget"), tr("Delete"),
                                   widgets::ButtonKind::Danger, QStringLiteral("trash"), card);
    m_remove->setToolTip(tr("Delete the chosen budget"));
    m_remove->setEnabled(false);
    connect(m_remove, &QPushButton::clicked, this, &BudgetsTab::remove);
    auto* none = new widgets::EmptyState(card);
    none->setObjectName(QStringLiteral("noBudgets"));
    none->setIcon(QStringLiteral("cost"));
    none->setTitle(tr("No budgets yet"));
    none->setText(tr("A budget raises an alarm when the account, a function, a tag or a tenant has "
                     "cost as much as you say, or is about to. Make one on the right."));
    m_stack = new QStackedLayout;
    m_stack->addWidget(none);
    m_stack->addWidget(m_table);
    const auto modelChanged = [this] {
        m_remove->setEnabled(currentRow() >= 0);
        m_remove->setVisible(m_model.rowCount() > 0);
        m_stack->setCurrentIndex(m_model.rowCount() > 0 ? 1 : 0);
    };
    connect(&m_model, &QAbstractItemModel::modelReset, this, modelChanged);
    modelChanged();

    auto* head = new QHBoxLayout;
    head->addWidget(widgets::makeHeading(tr("Budgets of this month"), card));
    head->addStretch();
    head->addWidget(m_remove);
    widgets::cardLayout(card)->addLayout(head);
    widgets::cardLayout(card)->addLayout(m_stack, 1);
    widgets::cardLayout(card)->addWidget(widgets::makeCaption(
        tr("Budgets count list prices, without the free tier. Every month (UTC) begins anew."), card));
    return card;
}

QWidget* BudgetsTab::makeForm()
{
    auto* card = widgets::makeCard(this);
    card->setFixedWidth(kFormWidth);
    m_name = new QLineEdit(card);
    widgets::identify(m_name, QStringLiteral("budgetName"), tr("Name of the budget"));
    m_scope = new QComboBox(card);
    widgets::identify(m_scope, QStringLiteral("budgetScope"), tr("What the budget is for"));
    m_scope->addItems({tr("The account"), tr("A function"), tr("A tag"), tr("A tenant")});
    m_value = new QComboBox(card);
    widgets::identify(m_value, QStringLiteral("budgetValue"), tr("Which function, tag or tenant"));
    m_value->setEditable(true);
    m_limit = new QLineEdit(card);
    widgets::identify(m_limit, QStringLiteral("budgetLimit"), tr("Limit in dollars a month"));
    m_limit->setPlaceholderText(QStringLiteral("12.50"));
    m_percent = new QSpinBox(card);
    widgets::identify(m_percent, QStringLiteral("budgetPercent"), tr("Alarm at percent of the limit"));
    m_percent->setRange(1, 1'000);
    m_percent->setValue(100);
    m_percent->setSuffix(tr(" %"));
    m_onForecast = new QCheckBox(tr("Also when the forecast reaches it"), card);
    widgets::identify(m_onForecast, QStringLiteral("budgetOnForecast"),
                      tr("Alarm when the forecast reaches it"),
                      tr("The forecast is an estimate of the whole month"));
    m_problem = new QLabel(card);
    m_problem->setObjectName(QStringLiteral("budgetProblem"));
    m_problem->setWordWrap(true);
    m_problem->setProperty("tone", QStringLiteral("error"));
    m_problem->hide();
    auto* put = widgets::makeButton(QStringLiteral("saveBudget"), tr("Save"),
                                    widgets::ButtonKind::Primary, QStringLiteral("save"), card);
    put->setToolTip(tr("Make the budget, or change the one of this name"));
    connect(put, &QPushButton::clicked, this, &BudgetsTab::save);
    connect(m_limit, &QLineEdit::returnPressed, this, &BudgetsTab::save);
    connect(m_scope, &QComboBox::currentIndexChanged, this, &BudgetsTab::scopeChosen);

    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->addRow(tr("Name"), m_name);
    form->addRow(tr("For"), m_scope);
    form->addRow(QString(), m_value);
    form->addRow(tr("Limit, $"), m_limit);
    form->addRow(tr("Alarm at"), m_percent);
    widgets::cardLayout(card)->addWidget(widgets::makeHeading(tr("Budget"), card));
    widgets::cardLayout(card)->addLayout(form);
    widgets::cardLayout(card)->addWidget(m_onForecast);
    widgets::cardLayout(card)->addWidget(m_problem);
    widgets::cardLayout(card)->addWidget(put, 0, Qt::AlignRight);
    scopeChosen();
    return card;
}

void BudgetsTab::scopeChosen()
{
    const auto scope = rpc::Budget::Scope(m_scope->currentIndex());
    const QString before = m_value->currentText();
    m_value->setVisible(scope != rpc::Budget::Scope::Account);
    m_value->clear();
    if (scope == rpc::Budget::Scope::Function && m_services.functions)
        m_value->addItems(m_services.functions->names());
    m_value->setCurrentText(before);
    m_value->lineEdit()->setPlaceholderText(scope == rpc::Budget::Scope::Tag ? tr("key=value")
                                            : scope == rpc::Budget::Scope::Tenant
                                                ? tr("tenant id")
                                                : tr("function"));
}

void BudgetsTab::showBudget(const rpc::Budget& budget)
{
    tell({});
    m_name->setText(budget.name);
    m_scope->setCurrentIndex(int(budget.scope));
    m_value->setCurrentText(budget.value);
    m_limit->setText(QString::fromStdString(budget.limit.toString()));
    m_percent->setValue(budget.alarmPercent);
    m_onForecast->setChecked(budget.onForecast);
}

void BudgetsTab::save()
{
    rpc::Budget budget;
    budget.name = m_name->text().trimmed();
    budget.scope = rpc::Budget::Scope(m_scope->currentIndex());
    budget.value = m_value->currentText().trimmed();
    const auto limit = pricing::Money::parse(m_limit->text().trimmed().toStdString());
    if (!limit)
        return tell(tr("Write the limit as a decimal number of dollars, as in 12.50."));
    budget.limit = *limit;
    budget.alarmPercent = m_percent->value();
    budget.onForecast = m_onForecast->isChecked();
    m_services.costApi->putBudget(budget, this, [this](const rpc::Result<rpc::Budget>& saved) {
        tell(saved ? QString() : saved.error().message);
    });
}

void BudgetsTab::remove()
{
    if (currentRow() < 0)
        return;
    m_services.costApi->deleteBudget(m_model.at(currentRow()).name, this,
                                     [this](const rpc::Result<rpc::Nothing>& done) {
                                         tell(done ? QString() : done.error().message);
                                     });
}

void BudgetsTab::tell(const QString& problem)
{
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
}

int BudgetsTab::currentRow() const
{
    const QModelIndex current = m_table->currentIndex();
    return current.isValid() && current.row() < m_model.rowCount() ? current.row() : -1;
}

} // namespace gantry::ui

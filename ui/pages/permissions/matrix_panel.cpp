#include "ui/pages/permissions/matrix_panel.h"

#include "ui/models/action_catalogue.h"
#include "ui/models/functions_model.h"
#include "ui/pages/permissions/list_field.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Badge;
using widgets::ButtonKind;
using widgets::Theme;

namespace {
constexpr int kRowHeight = 38;
constexpr int kMostFunctions = 200;

// As the theme has it now; the item knows which of its colours it is.
void colour(QTableWidgetItem& item)
{
    item.setForeground(Theme::current().color(Theme::Role(item.data(Qt::UserRole).toInt())));
}
} // namespace

MatrixPanel::MatrixPanel(rpc::AccessApi& access, rpc::FunctionsApi* functionsApi,
                         const models::FunctionsModel* functions, widgets::MessageBar& bar,
                         QWidget* parent)
    : QWidget(parent), m_access(access), m_functionsApi(functionsApi), m_functions(functions),
      m_bar(bar), m_resource(new QLineEdit(QStringLiteral("*"))), m_table(new QTableWidget)
{
    m_actions = new ListField(QStringLiteral("matrixActions"), tr("Actions to compare"),
                              tr("service:Action"), {});
    m_actions->setCompletions(models::ActionCatalogue::instance().actionNames());
    m_actions->setItems({QStringLiteral("lambda:InvokeFunction"), QStringLiteral("logs:PutLogEvents"),
                         QStringLiteral("secretsmanager:GetSecretValue"),
                         QStringLiteral("ssm:GetParameter"), QStringLiteral("kms:Decrypt"),
                         QStringLiteral("sqs:SendMessage"), QStringLiteral("dynamodb:GetItem"),
                         QStringLiteral("s3:GetObject")});
    widgets::identify(m_resource, QStringLiteral("matrixResource"), tr("Resource to compare on"),
                      tr("An ARN, or * for a call that names no resource"));
    auto* compare = widgets::makeButton(QStringLiteral("matrixRun"), tr("Compare"), ButtonKind::Primary);
    widgets::identify(m_table, QStringLiteral("matrixTable"), tr("Functions by actions"));
    m_table->setToolTip({});
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    connect(&Theme::current(), &Theme::changed, this, [this] {
        for (QTableWidgetItem* item : m_table->findItems(QStringLiteral("*"), Qt::MatchWildcard))
            colour(*item);
    });
    auto* row = new QHBoxLayout;
    row->addWidget(new QLabel(tr("On")));
    row->addWidget(m_resource, 1);
    row->addWidget(compare);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(m_actions);
    column->addLayout(row);
    column->addWidget(m_table, 1);
    column->addWidget(widgets::makeCaption(tr("Double-click a cell to see what decides it.")));
    connect(compare, &QPushButton::clicked, this, &MatrixPanel::ask);
    connect(m_table, &QTableWidget::cellDoubleClicked, this, [this](int r, int c) {
        rpc::AuditEntry question;
        question.principal = m_roles.value(m_table->verticalHeaderItem(r)->text());
        question.action = m_table->horizontalHeaderItem(c)->text();
        question.resource = m_resource->text();
        Q_EMIT askRequested(question);
    });
}

// Roles are in the functions' configurations, which are asked for one by one. With the last of them
// the first comparison is made.
void MatrixPanel::refresh()
{
    const QStringList all = m_functions && m_functionsApi ? m_functions->names() : QStringList();
    const QStringList names = all.mid(0, kMostFunctions);
    m_roles.clear();
    m_waiting = names.size();
    const int round = ++m_round;
    for (const QString& name : names) {
        m_functionsApi->get(name, {}, this,
                            [this, name, round](const rpc::Result<rpc::FunctionDetails>& details) {
                                if (round != m_round)
                                    return;
                                if (details)
                                    m_roles.insert(name, details->configuration.role);
                                if (--m_waiting == 0)
                                    ask();
                            });
    }
}

// Role by role: one that does not exist says nothing about the others.
void MatrixPanel::ask()
{
    const int asked = ++m_asked;
    QStringList functions = m_roles.keys();
    functions.sort();
    const QStringList actions = m_actions->items();
    m_table->clear();
    m_table->setRowCount(int(functions.size()));
    m_table->setColumnCount(int(actions.size()));
    m_table->setVerticalHeaderLabels(functions);
    m_table->setHorizontalHeaderLabels(actions);
    m_table->resizeColumnsToContents();
    for (int column = 0; column < m_table->columnCount(); ++column)
        m_table->setColumnWidth(column, m_table->columnWidth(column) + 2 * Theme::kSpace);
    if (functions.isEmpty())
        return m_bar.showMessage(tr("There is no function yet."), Badge::Tone::Info);
    rpc::SimulationQuestion question;
    question.brief = true;
    question.actions = actions;
    question.resources = {m_resource->text().trimmed().isEmpty() ? QStringLiteral("*")
                                                                  : m_resource->text().trimmed()};
    QHash<QString, QList<int>> rowsOf;
    for (int row = 0; row < functions.size(); ++row)
        rowsOf[m_roles.value(functions[row])].append(row);
    for (auto it = rowsOf.cbegin(); it != rowsOf.cend(); ++it) {
        question.principals = {it.key()};
        m_access.simulate(question, this,
                          [this, asked, rows = it.value()](const rpc::Result<rpc::Simulation>& simulation) {
                              if (asked == m_asked)
                                  fill(rows, simulation);
                          });
    }
}

void MatrixPanel::fill(const QList<int>& rows, const rpc::Result<rpc::Simulation>& simulation)
{
    for (int column = 0; column < m_table->columnCount(); ++column) {
        QString text = tr("unknown"), why = simulation ? QString() : simulation.error().message;
        Theme::Role role = Theme::MutedText;
        if (!simulation && simulation.error().name == QLatin1String("NoSuchEntity"))
            text = tr("no such role");
        for (const rpc::SimulatedDecision& each :
             simulation ? simulation->decisions : QList<rpc::SimulatedDecision>()) {
            if (each.action != m_table->horizontalHeaderItem(column)->text())
                continue;
            text = each.allowed ? tr("allowed") : tr("denied");
            why = each.reason;
            role = each.allowed ? Theme::Success : Theme::Error;
        }
        for (const int row : rows) {
            auto* item = new QTableWidgetItem(text);
            item->setToolTip(why);
            item->setData(Qt::UserRole, role);
            colour(*item);
            m_table->setItem(row, column, item);
        }
    }
}

} // namespace gantry::ui
